/** What is looked at in a page. Each function runs inside it, knows nothing outside and answers in words. */

/** Text that no one can read: outside the window, cut by a box, or under something else. */
export function unreadable(): string[] {
  const bad: string[] = [];
  const words = (one: Element): string => (one.textContent ?? '').trim().slice(0, 60);
  const { clientWidth: width, clientHeight: height } = document.documentElement;
  const page = document.documentElement;
  if (page.scrollWidth > width) bad.push(`the page is ${String(page.scrollWidth)} px wide`);
  const scope = document.querySelector('[role=dialog]') ?? document.body;
  for (const one of document.body.querySelectorAll('*')) {
    const { overflowX } = getComputedStyle(one);
    const scrolls = overflowX === 'auto' || overflowX === 'scroll';
    if (scrolls && one.scrollWidth > one.clientWidth && !one.querySelector('table, pre')) {
      bad.push(`scrolls sideways: ${one.className.toString()} "${words(one)}"`);
    }
  }
  for (const one of scope.querySelectorAll('*')) {
    const texts = [...one.childNodes].filter(
      (node) => node.nodeType === Node.TEXT_NODE && (node.textContent ?? '').trim() !== '',
    );
    if (texts.length === 0 || !one.checkVisibility()) continue;
    if (one.closest('.unseen, [data-decoration], svg')) continue;
    const boxes = texts.map((node) => {
      const range = document.createRange();
      range.selectNodeContents(node);
      return range.getBoundingClientRect();
    });
    const box = {
      left: Math.min(...boxes.map((each) => each.left)),
      right: Math.max(...boxes.map((each) => each.right)),
      top: Math.min(...boxes.map((each) => each.top)),
      bottom: Math.max(...boxes.map((each) => each.bottom)),
    };
    if (box.right === box.left) continue;
    const told = one.closest('[title]') !== null;
    let [inX, inY, seen] = [true, true, true];
    for (let up: Element | null = one; up; up = up.parentElement) {
      const style = getComputedStyle(up);
      const edge = up.getBoundingClientRect();
      const clips = (kind: string): boolean => kind === 'hidden' || kind === 'clip';
      const rolls = (kind: string): boolean => kind === 'auto' || kind === 'scroll';
      if (rolls(style.overflowX)) inX = false;
      if (rolls(style.overflowY)) inY = false;
      if (rolls(style.overflowX) || rolls(style.overflowY)) {
        const middle = (box.top + box.bottom) / 2;
        const centre = (box.left + box.right) / 2;
        if (middle < edge.top || middle > edge.bottom) seen = false;
        if (centre < edge.left || centre > edge.right) seen = false;
      }
      if (
        inX &&
        clips(style.overflowX) &&
        (box.right > edge.right + 1 || box.left < edge.left - 1)
      ) {
        if (!told) {
          bad.push(`cut at the side: "${words(one)}"`);
          break;
        }
        // Its title says all of it; whether it stands in the window is still to be seen.
        inX = false;
      }
      if (
        inY &&
        clips(style.overflowY) &&
        (box.bottom > edge.bottom + 1 || box.top < edge.top - 1)
      ) {
        bad.push(`cut below: "${words(one)}"`);
        break;
      }
      if (style.position === 'fixed') break;
    }
    if (inX && (box.left < -1 || box.right > width + 1)) bad.push(`outside: "${words(one)}"`);
    if (inY && (box.top < -1 || box.bottom > height + 1)) bad.push(`below: "${words(one)}"`);
    const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
    if (!seen || x < 0 || y < 0 || x > width || y > height) continue;
    const over = document.elementFromPoint(x, y);
    const same = over === null || over.contains(one) || one.contains(over);
    // A word that something was done may lie over the page: it goes, and can be closed.
    if (!same && !over.closest('.toasts, [role=dialog], .dialog-overlay')) {
      bad.push(`"${words(one)}" lies under "${words(over)}" ${over.className.toString()}`);
    }
  }
  return [...new Set(bad)];
}

/** Things to point at that are smaller than 28 px. */
export function small(): string[] {
  const all = document.querySelectorAll('button, a[href], summary, select, [role=treeitem], label');
  return [...all].flatMap((one) => {
    if (!one.checkVisibility() || one.closest('.unseen')) return [];
    const { width, height } = one.getBoundingClientRect();
    const least = Math.min(width, height);
    return least > 0 && least < 27.5
      ? [
          `${String(Math.round(width))}x${String(Math.round(height))} "${one.textContent?.trim() ?? ''}"`,
        ]
      : [];
  });
}

/** Parts of the picture whose name does not hold the title that they show. */
export function untitled(): string[] {
  return [...document.querySelectorAll('[role=treeitem]')].flatMap((one) => {
    const title = one.querySelector('.strong')?.textContent?.trim() ?? '';
    const name = one.getAttribute('aria-label') ?? '';
    return name.toLowerCase().includes(title.toLowerCase()) ? [] : [`"${title}" in "${name}"`];
  });
}

/** Marks everything that the keyboard must reach; answers with a name for each mark. */
export function marked(): string[] {
  const scope = document.querySelector('[role=dialog]') ?? document.body;
  const all = scope.querySelectorAll<HTMLElement>(
    'button, a[href], input, select, textarea, summary, [tabindex]',
  );
  const names: string[] = [];
  const groups: Record<string, true> = {};
  for (const one of all) {
    if (one.tabIndex < 0 || one.matches(':disabled') || !one.checkVisibility()) continue;
    if (one === scope || one.closest('[inert], [aria-hidden=true]')) continue;
    if (one instanceof HTMLInputElement && one.type === 'radio') {
      // The arrows walk a group of radios, which is one stop.
      if (groups[one.name]) continue;
      groups[one.name] = true;
      one.dataset.walkGroup = one.name;
    }
    one.dataset.walk = String(names.length);
    names.push(
      `${one.tagName} ${one.dataset.testid ?? one.textContent?.trim().slice(0, 40) ?? ''}`,
    );
  }
  return names;
}

export interface Stood {
  /** The mark, or -1 outside of all. */
  mark: number;
  name: string;
  /** What is wrong with how the focus shows. */
  wrong: string | null;
}

/** Where the keyboard stands, and whether that can be seen. */
export function stood(): Stood {
  const one = document.activeElement;
  if (!(one instanceof HTMLElement) || one === document.body) {
    return { mark: -1, name: 'body', wrong: null };
  }
  let mark = Number(one.dataset.walk ?? -1);
  if (one instanceof HTMLInputElement && one.type === 'radio' && mark < 0) {
    const first = document.querySelector<HTMLElement>(
      `[data-walk-group="${CSS.escape(one.name)}"]`,
    );
    mark = Number(first?.dataset.walk ?? -1);
  }
  const name = `${one.tagName} ${one.dataset.testid ?? one.textContent?.trim().slice(0, 40) ?? ''}`;
  const shown = one.matches('.unseen') ? (one.closest('label') ?? one) : one;
  const style = getComputedStyle(shown);
  const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  // A field inside a frame: the frame wears the focus.
  const frame = one.parentElement ? getComputedStyle(one.parentElement) : null;
  const framed =
    frame !== null && frame.outlineStyle !== 'none' && parseFloat(frame.outlineWidth) >= 2;
  const box = shown.getBoundingClientRect();
  const { clientWidth, clientHeight } = document.documentElement;
  const inside =
    box.bottom > 0 && box.right > 0 && box.top < clientHeight && box.left < clientWidth;
  const wrong = !outlined && !framed ? 'shows no focus' : inside ? null : 'is out of the window';
  return { mark, name, wrong };
}

/** Every text of the page, seen or only said. */
export function texts(): string[] {
  const found: string[] = [];
  for (const one of document.body.querySelectorAll('*')) {
    for (const name of ['aria-label', 'title', 'placeholder', 'alt', 'aria-description']) {
      found.push(one.getAttribute(name) ?? '');
    }
    for (const node of one.childNodes) {
      if (node.nodeType === Node.TEXT_NODE) found.push(node.textContent ?? '');
    }
  }
  return [...new Set(found.filter((text) => /[a-zA-Z]/.test(text)))];
}

/** Everything that is said on the page, in one text. */
export function said(): string {
  return document.body.innerText.replaceAll(/\s+/g, ' ');
}

/** What moves. */
export function moving(): string[] {
  return document
    .getAnimations()
    .filter((one) => one.playState === 'running')
    .map((one) => (one.effect as KeyframeEffect | null)?.target?.className.toString() ?? '?');
}

/** Meanings that only a colour carries, where the system's colours take the place of ours. */
export function colourOnly(): string[] {
  const bad: string[] = [];
  const edge = (one: Element): string => {
    const style = getComputedStyle(one);
    return [style.borderTopColor, style.borderTopWidth, style.borderTopStyle].join(' ');
  };
  const pairs: [string, string, string][] = [
    ['the chosen entry', '.entry[aria-current]', '.entry:not([aria-current])'],
    ['the chosen of a few', '.choices .chosen', '.choices label:not(.chosen)'],
  ];
  for (const [what, yes, no] of pairs) {
    const [a, b] = [document.querySelector(yes), document.querySelector(no)];
    if (a && b && edge(a) === edge(b)) bad.push(`${what} looks like the others`);
  }
  for (const one of document.querySelectorAll('button:not(.link):not(.entry)')) {
    const style = getComputedStyle(one);
    const drawn = style.borderTopStyle !== 'none' && parseFloat(style.borderTopWidth) > 0;
    const icon = one.querySelector('svg') !== null || one.closest('[role=menu], th, .toast');
    if (one.checkVisibility() && !drawn && !icon) {
      bad.push(`a button without an edge: "${one.textContent?.trim() ?? ''}"`);
    }
  }
  const cells: Record<string, string> = {};
  for (const one of document.querySelectorAll('.cell[data-state]')) {
    const style = getComputedStyle(one);
    const look = `${style.backgroundColor} ${style.borderTopColor} ${style.borderTopStyle}`;
    cells[(one as HTMLElement).dataset.state ?? ''] = look;
  }
  const looks = Object.values(cells);
  if (new Set(looks).size < looks.length) bad.push(`cells look alike: ${JSON.stringify(cells)}`);
  return [...new Set(bad)];
}
