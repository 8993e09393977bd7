/** Stamps a session's events, keeps them, and hands them to everyone who listens. */
import type { EventSink, LabEvent, StampedEvent } from "../events.ts";

/** Packets kept for late subscribers; all other events are kept as they are. */
const PACKETS_KEPT = 2000;

export interface EventBus {
  /** Events of one lab carry its name; a file's name is used until it is known. */
  labName: string;
  emit(event: LabEvent): void;
  /** A sentence for the user. */
  note(text: string, level?: "info" | "warn"): void;
  /** Gets every event so far, then those to come. Returns a function that ends it. */
  subscribe(sink: EventSink): () => void;
  readonly history: readonly StampedEvent[];
}

/** `startedAt`: performance.now() at which the command started. */
export function makeEventBus(labName: string, startedAt: number): EventBus {
  const history: StampedEvent[] = [];
  const sinks = new Set<EventSink>();
  let packets = 0;
  return {
    labName,
    history,
    emit(event) {
      const at = Math.round(performance.now() - startedAt) / 1000;
      const stamped: StampedEvent = { ...event, labName: this.labName, at };
      if (event.type !== "packet" || packets++ < PACKETS_KEPT) history.push(stamped);
      for (const sink of sinks) sink(stamped);
    },
    note(text, level = "info") {
      this.emit({ type: "note", level, text });
    },
    subscribe(sink) {
      for (const event of history) sink(event);
      sinks.add(sink);
      return () => sinks.delete(sink);
    },
  };
}
