/** Reads the binary columns that the collector answers with; their layout is in docs/api.md. */

export type Numbers = Uint8Array | Uint16Array | Uint32Array;

interface Place {
  readonly name: string;
  readonly type: 'u8' | 'u16' | 'u32' | 'u64';
  readonly offset: number;
  readonly length: number;
}

const MAGIC = 0x31435753;

export class Columns<Header> {
  readonly header: Header;
  readonly #buffer: ArrayBuffer;
  readonly #begin: number;
  readonly #places: ReadonlyMap<string, Place>;

  /** Throws where the bytes are no columns, or are cut short. */
  constructor(buffer: ArrayBuffer) {
    const view = new DataView(buffer);
    if (buffer.byteLength < 8 || view.getUint32(0, true) !== MAGIC) throw new Error('The answer holds no columns.');
    this.#buffer = buffer;
    this.#begin = 8 + view.getUint32(4, true);
    const text = new TextDecoder().decode(new Uint8Array(buffer, 8, this.#begin - 8));
    const header = JSON.parse(text) as Header & { columns: Place[] };
    this.header = header;
    this.#places = new Map(header.columns.map((place) => [place.name, place]));
  }

  /** Numbers of at most 32 bits, in an array of their own. */
  numbers(name: string): Numbers {
    const { type, offset, length } = this.#place(name);
    const at = this.#begin + offset;
    if (type === 'u8') return new Uint8Array(this.#buffer, at, length).slice();
    if (type === 'u16') return new Uint16Array(this.#buffer, at, length).slice();
    if (type === 'u32') return new Uint32Array(this.#buffer, at, length).slice();
    throw new Error(`Column ${name} has numbers of 64 bits.`);
  }

  /** Numbers less `origin`: exact where the difference has at most 53 bits, whatever the numbers have. */
  since(name: string, origin: bigint): Float64Array {
    const { type, length } = this.#place(name);
    const result = new Float64Array(length);
    if (type !== 'u64') {
      const less = Number(origin);
      const numbers = this.numbers(name);
      for (let row = 0; row < length; row++) result[row] = numbers[row]! - less;
      return result;
    }
    const halves = this.halves(name);
    const high = Number(origin >> 32n);
    const low = Number(origin & 0xffffffffn);
    for (let row = 0; row < length; row++) {
      result[row] = (halves[2 * row + 1]! - high) * 4294967296 + (halves[2 * row]! - low);
    }
    return result;
  }

  /** Each number of 64 bits as its lower and its upper half, in an array of their own. */
  halves(name: string): Uint32Array {
    const { type, offset, length } = this.#place(name);
    if (type !== 'u64') throw new Error(`Column ${name} has no numbers of 64 bits.`);
    return new Uint32Array(this.#buffer, this.#begin + offset, 2 * length).slice();
  }

  #place(name: string): Place {
    const place = this.#places.get(name);
    if (!place) throw new Error(`The answer has no column ${name}.`);
    return place;
  }
}
