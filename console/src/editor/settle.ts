// What takes a few frames: a box that is about to be drawn, a dialog that is closing.
const FRAMES = 30;
const HANDS = ["keydown", "pointerdown"] as const;

/** Tries in each frame until it is done, or until a key or the mouse is pressed; gives what stops it. */
export function settle(done: () => boolean): () => void {
  let left = FRAMES;
  let request = 0;
  const stop = () => {
    cancelAnimationFrame(request);
    for (const hand of HANDS) window.removeEventListener(hand, stop, true);
  };
  const attempt = () => {
    if (done() || left-- === 0) stop();
    else request = requestAnimationFrame(attempt);
  };
  for (const hand of HANDS) window.addEventListener(hand, stop, true);
  request = requestAnimationFrame(attempt);
  return stop;
}

/** Gives an element the focus; whether it had it already. */
export function hold(element: HTMLElement | null | undefined): boolean {
  if (element == null) return false;
  const has = document.activeElement === element;
  element.focus({ preventScroll: true });
  return has;
}
