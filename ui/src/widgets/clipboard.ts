/** Browsers let a page copy while a press is fresh: a text that has yet to come is promised to them within it. */
export async function copyText(text: string | Promise<string>): Promise<void> {
  if (typeof text === 'string') return navigator.clipboard.writeText(text);
  if (typeof ClipboardItem === 'undefined') return navigator.clipboard.writeText(await text);
  const type = 'text/plain';
  return navigator.clipboard.write([new ClipboardItem({ [type]: text.then((it) => new Blob([it], { type })) })]);
}
