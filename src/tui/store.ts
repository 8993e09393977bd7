/** Holds the state between events and drawing: events come by the thousand, the screen is redrawn 20 times a second. */
import type { StampedEvent } from "../events.ts";
import { applyEvent, initialState, type TuiState } from "./state.ts";

const DRAW_EVERY_MS = 50;

export interface Store {
  readonly state: TuiState;
  push(event: StampedEvent): void;
  /** For useSyncExternalStore. */
  subscribe(listener: () => void): () => void;
  version(): number;
  stop(): void;
}

export function makeStore(): Store {
  const state = initialState();
  const listeners = new Set<() => void>();
  let timer: NodeJS.Timeout | undefined;
  let shown = 0;
  const notify = (): void => {
    timer = undefined;
    shown = state.version;
    for (const listener of listeners) listener();
  };
  return {
    state,
    push(event) {
      applyEvent(state, event);
      timer ??= setTimeout(notify, DRAW_EVERY_MS);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    version: () => shown,
    stop() {
      clearTimeout(timer);
    },
  };
}
