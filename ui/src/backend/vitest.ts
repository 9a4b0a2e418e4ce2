/** What jsdom lacks and the window has. */
class Watcher {
  observe(): void {
    // Nothing is laid out in jsdom.
  }
  unobserve(): void {
    // As above.
  }
  disconnect(): void {
    // As above.
  }
}
globalThis.ResizeObserver ??= Watcher;
globalThis.matchMedia ??= (query: string) =>
  ({
    matches: false,
    media: query,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
  }) as unknown as MediaQueryList;
Element.prototype.scrollIntoView ??= () => undefined;
// axe asks for a canvas to measure icons; there is none, and none is needed.
HTMLCanvasElement.prototype.getContext = () => null;
