/** A request's body on its way: to one try after the other, and to mirrors. */
import type { Readable } from "node:stream";
import type { HeaderList, Sending } from "./answer-sink.ts";

/** Bytes that are kept for another try. */
const KEPT = 256 * 1024;

export interface BodyReceiver {
  write(chunk: Buffer): boolean;
  end(trailers?: HeaderList): void;
  /** The rest will not come. */
  abort(): void;
}

export class RequestBody {
  readonly length: number | "chunked";
  readonly #source: Readable;
  readonly #trailers: () => HeaderList;
  readonly #limit: () => number;
  readonly #tooLong: () => void;
  readonly #taps: BodyReceiver[] = [];
  #kept: Buffer[] | undefined = [];
  #size = 0;
  #begun = false;
  #ended: boolean;
  #receiver: Sending | undefined;

  /** `limit`: bytes; more are not passed on, and `tooLong` is called. */
  constructor(
    source: Readable,
    length: number | "chunked",
    { limit, tooLong, trailers }: { limit: () => number; tooLong: () => void; trailers: () => HeaderList },
  ) {
    this.#source = source;
    this.length = length;
    this.#limit = limit;
    this.#tooLong = tooLong;
    this.#trailers = trailers;
    this.#ended = length === 0;
  }

  /** Another try can have all of it. */
  get replayable(): boolean {
    return this.#kept !== undefined;
  }

  get complete(): boolean {
    return this.#ended;
  }

  /** Gets what follows as well; how fast it takes it does not matter. Before the first sendTo(). */
  tap(receiver: BodyReceiver): void {
    if (this.#ended) receiver.end();
    else this.#taps.push(receiver);
  }

  sendTo(sending: Sending): void {
    this.#receiver = sending;
    sending.onDrain = () => this.#source.resume();
    for (const chunk of this.#kept ?? []) sending.write(chunk);
    if (this.#ended) sending.end(this.#begun ? this.#trailers() : []);
    else if (this.#begun) this.#source.resume();
    else this.#begin();
  }

  /** The try is over. */
  detach(): void {
    if (this.#receiver !== undefined) this.#receiver.onDrain = undefined;
    this.#receiver = undefined;
    if (this.#begun && !this.#ended) this.#source.pause();
  }

  /** There will be no other try. */
  release(): void {
    this.#kept = this.#ended && this.#size === 0 ? [] : undefined;
  }

  /** The rest is read and dropped. */
  discard(): void {
    this.detach();
    this.#kept = undefined;
    for (const receiver of this.#taps.splice(0)) if (!this.#ended) receiver.abort();
    if (!this.#ended) this.#source.resume();
  }

  #begin(): void {
    this.#begun = true;
    this.#source.on("data", (chunk: Buffer) => this.#take(chunk));
    this.#source.on("end", () => {
      if (this.#ended) return;
      this.#ended = true;
      const trailers = this.#trailers();
      this.#receiver?.end(trailers);
      for (const receiver of this.#taps) receiver.end(trailers);
    });
    this.#source.resume();
  }

  #take(chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > this.#limit()) return this.#tooLong();
    if (this.#kept !== undefined && this.#size <= KEPT) this.#kept.push(chunk);
    else this.#kept = undefined;
    for (const receiver of this.#taps) receiver.write(chunk);
    if (this.#receiver?.write(chunk) === false) this.#source.pause();
  }
}
