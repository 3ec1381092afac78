// Behaviours attach to what is on the page now and to whatever is swapped in later.

type Behaviour = (element: HTMLElement) => void;

const behaviours: [string, Behaviour][] = [];
const done = new WeakMap<Element, Set<string>>();

/** Runs `attach` once for each element that matches, today and later. */
export function enhance(selector: string, attach: Behaviour): void {
  behaviours.push([selector, attach]);
  for (const element of document.querySelectorAll<HTMLElement>(selector)) once(selector, attach, element);
}

export function watchForNewContent(): void {
  new MutationObserver((changes) => {
    for (const change of changes) {
      for (const node of change.addedNodes) if (node instanceof HTMLElement) enhanceWithin(node);
    }
  }).observe(document.body, { childList: true, subtree: true });
}

function enhanceWithin(root: HTMLElement): void {
  for (const [selector, attach] of behaviours) {
    if (root.matches(selector)) once(selector, attach, root);
    for (const element of root.querySelectorAll<HTMLElement>(selector)) once(selector, attach, element);
  }
}

function once(selector: string, attach: Behaviour, element: HTMLElement): void {
  const seen = done.get(element) ?? new Set<string>();
  if (seen.has(selector)) return;
  seen.add(selector);
  done.set(element, seen);
  attach(element);
}
