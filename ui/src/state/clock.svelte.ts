/** The cloud's time on the screen: one tick a second, scaled by the demo's speed. */
export class Clock {
  /** The cloud's time, in milliseconds since 1970. */
  now = $state(Date.now());
  #base = Date.now();
  #read = performance.now();
  #speed = 1;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** The cloud said what time it is. */
  set(now: string, speed: number | null): void {
    const base = Date.parse(now);
    if (Number.isNaN(base)) return;
    this.#base = base;
    this.#read = performance.now();
    this.#speed = speed ?? 1;
    this.tick();
  }

  tick(): void {
    this.now = this.#base + (performance.now() - this.#read) * this.#speed;
  }

  start(): void {
    this.#timer ??= setInterval(() => {
      this.tick();
    }, 1000);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** How long ago a time was; `null` when it is not known. */
  since(at: string | null): number | null {
    return at === null ? null : Math.max(0, this.now - Date.parse(at));
  }
}
