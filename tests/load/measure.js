// Put into the page by the bench: how long each difference that comes over the channel takes until
// its style and layout are done, how many bytes and changes it had, and when frames were drawn. While
// the heap is looked at nothing is kept: figures would be what grows.
window.measured = { keeps: true, took: [], bytes: 0, changes: 0, frames: [] };
window.again = (keeps = true) => {
  Object.assign(window.measured, { keeps, took: [], bytes: 0, changes: 0, frames: [] });
};
const bytes = new TextEncoder();
const { callbacks } = window.__TAURI_INTERNALS__;
for (const [id, run] of [...callbacks]) {
  callbacks.set(id, (data) => {
    const update = data?.message;
    if (update?.kind !== 'delta' || !window.measured.keeps) {
      run(data);
      return;
    }
    const begun = performance.now();
    run(data);
    // Svelte renders in a microtask that was queued before this one.
    void (async () => {
      for (let i = 0; i < 8; i += 1) await null;
      document.body.getBoundingClientRect();
      const { measured } = window;
      measured.took.push(performance.now() - begun);
      measured.changes += update.value.ops.length;
      measured.bytes += bytes.encode(JSON.stringify(update)).length;
    })();
  });
}
let last = null;
const frame = (now) => {
  if (last !== null && window.measured.keeps) window.measured.frames.push(now - last);
  last = now;
  requestAnimationFrame(frame);
};
requestAnimationFrame(frame);
