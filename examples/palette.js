// Given a PNG in base64: its size, at most 256 colours (RGB) that stand for all of it, and the place of each pixel's.
async (base64) => {
  const bytes = Uint8Array.from(atob(base64), (each) => each.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
  const { width, height } = bitmap;
  const brush = new OffscreenCanvas(width, height).getContext('2d');
  brush.drawImage(bitmap, 0, 0);
  const pixels = new Uint32Array(brush.getImageData(0, 0, width, height).data.buffer);
  const counts = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  const byCount = [...counts.keys()].sort((one, other) => counts.get(other) - counts.get(one));
  const parts = (colour) => [colour & 255, (colour >> 8) & 255, (colour >> 16) & 255];
  const nearest = (colour, known) => {
    const [red, green, blue] = parts(colour);
    let best = -1;
    let least = Number.POSITIVE_INFINITY;
    known.forEach(([r, g, b], place) => {
      const far = (red - r) ** 2 + (green - g) ** 2 + (blue - b) ** 2;
      if (far < least) [best, least] = [place, far];
    });
    return [best, least];
  };
  // The most frequent colours, none nearer to another than it takes for 256 to be enough.
  let chosen = [];
  for (let apart = 0; ; apart = apart * 1.6 + 6) {
    chosen = [];
    for (const colour of byCount) {
      if (chosen.length > 256) break;
      if (nearest(colour, chosen)[1] > apart) chosen.push(parts(colour));
    }
    if (chosen.length <= 256) break;
  }
  const places = new Map(byCount.map((colour) => [colour, nearest(colour, chosen)[0]]));
  const indexes = Uint8Array.from(pixels, (pixel) => places.get(pixel));
  let text = '';
  for (let at = 0; at < indexes.length; at += 32768) text += String.fromCharCode(...indexes.subarray(at, at + 32768));
  return { width, height, palette: chosen.flat(), pixels: btoa(text) };
}
