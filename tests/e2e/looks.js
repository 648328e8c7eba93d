// What of a page cannot be reached, read or seen; test_looks.py asks.
() => {
  const CONTROLS = 'a[href], button:not(:disabled), input, select, textarea, summary, [tabindex="0"]';
  const drawn = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const short = (element) => element?.outerHTML.slice(0, 140) ?? 'nothing';
  const controls = [...document.querySelectorAll(CONTROLS)].filter(drawn);
  const found = [];

  const whole = document.documentElement.scrollWidth;
  if (whole > innerWidth) found.push(`the page is ${whole} px wide`);

  // What can be pressed or written in is inside the screen once it is scrolled to, and nothing lies over it.
  for (const element of controls) {
    element.scrollIntoView({ block: 'nearest', inline: 'nearest', behavior: 'instant' });
    const box = element.getBoundingClientRect();
    if (box.width === 0) continue;
    // A row of the waterfall goes on below the grip between its names and its bars, which may be in its middle.
    const across = element.matches('[role=row]') ? 0.1 : 0.5;
    const x = box.left + Math.min(box.width, innerWidth) * across;
    const y = box.top + Math.min(box.height, innerHeight) / 2;
    const right = box.right > innerWidth + 1 && box.width <= innerWidth;
    const larger = box.width > innerWidth || box.height > innerHeight;
    if (!larger && (box.left < -1 || box.top < -1 || right || y > innerHeight)) {
      found.push(`out of sight: ${short(element)}`);
      continue;
    }
    const hit = document.elementFromPoint(x, y);
    const own = hit && (element.contains(hit) || hit.contains(element) || hit.closest('label')?.control === element);
    if (!own && !larger) found.push(`covered by ${short(hit)}: ${short(element)}`);
  }

  // Text that is cut short can be read in a title, or in the detail of the row that it stands in.
  for (const element of document.querySelectorAll('main *')) {
    if (getComputedStyle(element).textOverflow !== 'ellipsis' || element.scrollWidth <= element.clientWidth + 1) continue;
    if (!drawn(element) || element.textContent.trim() === '') continue;
    if (element.closest('[title], [role=row], [role=option]') || element.querySelector('[title]')) continue;
    found.push(`cut short: ${short(element)}`);
  }

  // The focus is seen by an outline, or by a border or a background that it changes, its own or its row's.
  const outline = (element, part) => {
    const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(element, part);
    return outlineStyle === 'none' ? '' : outlineStyle + outlineWidth + outlineColor;
  };
  const drawing = (element) => {
    const { border, backgroundColor } = getComputedStyle(element);
    return [outline(element), outline(element, '::after'), border, backgroundColor].join();
  };
  const looks = (element) => {
    const row = element.closest('tr, li');
    return [element, ...(row ? [row, ...row.children] : [])].map(drawing).join();
  };
  for (const element of controls) {
    element.blur();
    const before = looks(element);
    element.focus({ focusVisible: true, preventScroll: true });
    if (document.activeElement === element && looks(element) === before) found.push(`focus unseen: ${short(element)}`);
  }
  return found;
}
