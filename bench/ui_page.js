// Runs in the page before its own scripts: writes down when rows are first there, and what each frame costs.
(() => {
  const frames = { work: [], gaps: [], on: false };
  window.__bench = frames;
  const plain = window.requestAnimationFrame.bind(window);
  let work = 0;
  let last = 0;
  const wanted = window.__wanted;
  window.requestAnimationFrame = (callback) =>
    plain((time) => {
      const began = performance.now();
      callback(time);
      work += performance.now() - began;
    });
  const tick = (time) => {
    if (!window.__opened && document.querySelector(wanted)) {
      // The frame after the one that made them: they are on the screen.
      window.__opened = time;
    }
    if (frames.on && last > 0) {
      frames.gaps.push(time - last);
      frames.work.push(work);
    }
    last = time;
    work = 0;
    plain(tick);
  };
  plain(tick);
  const steps = (count, step) =>
    new Promise((resolve) => {
      let at = 0;
      frames.work = [];
      frames.gaps = [];
      frames.on = true;
      const next = () => {
        if (at === count) {
          frames.on = false;
          resolve({ work: frames.work, gaps: frames.gaps });
          return;
        }
        const began = performance.now();
        step(at++, count);
        work += performance.now() - began;
        plain(next);
      };
      plain(next);
    });
  const scroller = () => document.querySelector('.scroller');
  window.__scroll = (count) =>
    steps(count, (at) => {
      const one = scroller();
      one.scrollTop = ((one.scrollHeight - one.clientHeight) * at) / count;
    });
  // In and out again, as a hand on the wheel does it.
  window.__zoom = (count) =>
    steps(count, (at) => {
      const one = scroller();
      const box = one.getBoundingClientRect();
      const deltaY = at < count / 2 ? -60 : 60;
      const where = { clientX: box.left + box.width * 0.7, clientY: box.top + 100 };
      one.dispatchEvent(new WheelEvent('wheel', { deltaY, ctrlKey: true, bubbles: true, cancelable: true, ...where }));
    });
})();
