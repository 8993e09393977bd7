/**
 * Waits for many raw sockets with one epoll(7) instance. Node cannot watch foreign file descriptors, so when nothing
 * is ready epoll_wait runs on one thread of the pool; when there is work it is called directly, without waiting,
 * once per turn of the event loop.
 *
 * A waiting epoll_wait delays process exit; the exit hook ends it by an eventfd. Nothing waits when
 * nothing is watched, so a process with no sockets exits.
 */
import { declare, declareBack, must } from "./libc.ts";

export const EPOLLIN = 1;
export const EPOLLOUT = 4;

const EPOLL_CLOEXEC = 0o2000000;
const CTL_ADD = 1;
const CTL_DEL = 2;
const CTL_MOD = 3;
const MAX_EVENTS = 512;

// struct epoll_event is packed on x86 only (uapi/linux/eventpoll.h).
const PACKED = process.arch === "x64";
const EVENT_SIZE = PACKED ? 12 : 16;
const DATA = PACKED ? 4 : 8;

type Wait = [epfd: number, events: Uint8Array, max: number, timeout: number];
const epollCreate = declare<[flags: number]>("int epoll_create1(int flags)");
const epollCtl = declare<[epfd: number, op: number, fd: number, event: Uint8Array]>(
  "int epoll_ctl(int epfd, int op, int fd, void *event)",
);
const EPOLL_WAIT = "int epoll_wait(int epfd, void *events, int max, int timeout)";
const epollWait = declare<Wait>(EPOLL_WAIT);
const epollWaitAside = declareBack<Wait>(EPOLL_WAIT);
const eventfd = declare<[initial: number, flags: number]>("int eventfd(unsigned int initial, int flags)");
const write = declare<[fd: number, data: Uint8Array, size: number]>(
  "intptr_t write(int fd, const void *data, size_t size)",
);
const read = declare<[fd: number, data: Uint8Array, size: number]>("intptr_t read(int fd, void *data, size_t size)");

/** Called with the EPOLL* bits that are true now. */
export type EventHandler = (events: number) => void;

/**
 * Something that has work besides events: called once per turn. Returns in how many ms it must be called
 * again at the latest (0: at once; Infinity: only with the next event). `events`: how many there were in this turn.
 */
export type Ticker = (now: number, events: number) => number;

export class Reactor {
  readonly #epoll = must("epoll_create1", epollCreate(EPOLL_CLOEXEC));
  readonly #wakeFd = must("eventfd", eventfd(0, EPOLL_CLOEXEC | 0o4000));
  readonly #events = Buffer.from(new ArrayBuffer(MAX_EVENTS * EVENT_SIZE));
  readonly #event = Buffer.alloc(EVENT_SIZE);
  readonly #one = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
  readonly #handlers: (EventHandler | undefined)[] = [];
  /** Guards against an event of a socket that was closed in this turn, whose number has been reused. */
  readonly #generations: number[] = [];
  readonly #tickers = new Set<Ticker>();
  #watched = 0;
  #state: "idle" | "waiting" | "scheduled" = "idle";
  readonly #onExit = (): void => this.#wake();

  constructor() {
    this.#control(CTL_ADD, this.#wakeFd, EPOLLIN, 0);
    process.on("exit", this.#onExit);
  }

  watch(fd: number, events: number, handler: EventHandler): void {
    const generation = ((this.#generations[fd] ?? 0) + 1) & 0x7fffffff;
    this.#generations[fd] = generation;
    this.#handlers[fd] = handler;
    this.#watched++;
    this.#control(CTL_ADD, fd, events, generation);
    if (this.#state === "idle") this.#schedule();
  }

  /** Wait for other events on a watched socket. */
  rewatch(fd: number, events: number): void {
    this.#control(CTL_MOD, fd, events, this.#generations[fd] ?? 0);
  }

  /** Before close(2). Does nothing for a socket that is not watched. `closing`: saves the system call, close does it. */
  unwatch(fd: number, closing = true): void {
    if (this.#handlers[fd] === undefined) return;
    this.#handlers[fd] = undefined;
    this.#watched--;
    if (!closing) this.#control(CTL_DEL, fd, 0, 0);
    if (this.#watched === 0 && this.#tickers.size === 0) this.#wake();
  }

  addTicker(ticker: Ticker): void {
    this.#tickers.add(ticker);
    this.nudge();
  }

  removeTicker(ticker: Ticker): void {
    this.#tickers.delete(ticker);
    if (this.#watched === 0 && this.#tickers.size === 0) this.#wake();
  }

  /** Have the tickers called soon. */
  nudge(): void {
    if (this.#state === "waiting") this.#wake();
    else if (this.#state === "idle") this.#schedule();
  }

  #control(operation: number, fd: number, events: number, generation: number): void {
    this.#event.writeUInt32LE(events >>> 0, 0);
    this.#event.writeUInt32LE(fd, DATA);
    this.#event.writeUInt32LE(generation, DATA + 4);
    must("epoll_ctl", epollCtl(this.#epoll, operation, fd, this.#event));
  }

  #wake(): void {
    if (this.#state === "waiting") write(this.#wakeFd, this.#one, 8);
  }

  #schedule(): void {
    this.#state = "scheduled";
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    const count = epollWait(this.#epoll, this.#events, MAX_EVENTS, 0);
    this.#after(count);
  };

  #after(count: number): void {
    this.#state = "scheduled"; // handlers may watch and nudge: this turn continues anyway
    try {
      this.#dispatch(count);
    } finally {
      const wait = this.#tick(count);
      if (this.#watched === 0 && this.#tickers.size === 0) this.#state = "idle";
      else if (count > 0 || wait <= 0) this.#schedule();
      else this.#wait(wait);
    }
  }

  #dispatch(count: number): void {
    for (let i = 0; i < count; i++) {
      const at = i * EVENT_SIZE;
      const fd = this.#events.readUInt32LE(at + DATA);
      if (fd === this.#wakeFd) {
        read(this.#wakeFd, Buffer.alloc(8), 8);
        continue;
      }
      if (this.#generations[fd] !== this.#events.readUInt32LE(at + DATA + 4)) continue;
      this.#handlers[fd]?.(this.#events.readUInt32LE(at));
    }
  }

  #tick(events: number): number {
    if (this.#tickers.size === 0) return Infinity;
    const now = performance.now();
    let wait = Infinity;
    for (const ticker of this.#tickers) wait = Math.min(wait, ticker(now, events));
    return wait;
  }

  #wait(ms: number): void {
    this.#state = "waiting";
    const timeout = ms === Infinity ? -1 : Math.ceil(ms);
    epollWaitAside(this.#epoll, this.#events, MAX_EVENTS, timeout, (error, count) => {
      // Since it came back empty-handed this thread may have waited for a processor.
      if (error === null && count > 0) this.#after(count);
      else this.#turn();
    });
  }
}

let shared: Reactor | undefined;

/** The reactor of this process. */
export function reactor(): Reactor {
  shared ??= new Reactor();
  return shared;
}
