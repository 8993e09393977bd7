/** timerfd_create(2): a timer that the reactor waits for, finer than epoll_wait(2)'s milliseconds. */
import { close, declare, must } from "./libc.ts";
import { EPOLLIN, reactor } from "./reactor.ts";

const CLOCK_MONOTONIC = 1;
const NONBLOCK_CLOEXEC = 0o2004000;
const NANOSECONDS = 1_000_000;

const create = declare<[clock: number, flags: number]>("int timerfd_create(int clock, int flags)");
const settime = declare<[fd: number, flags: number, value: Uint8Array, old: null]>(
  "int timerfd_settime(int fd, int flags, const void *value, void *old)",
);
const read = declare<[fd: number, into: Uint8Array, size: number]>("intptr_t read(int fd, void *into, size_t size)");

export class Timer {
  readonly #fd = must("timerfd_create", create(CLOCK_MONOTONIC, NONBLOCK_CLOEXEC));
  readonly #expirations = Buffer.alloc(8);
  /** struct itimerspec: interval and value, seconds and nanoseconds each. */
  readonly #value = Buffer.alloc(32);

  constructor(expired: () => void) {
    reactor().watch(this.#fd, EPOLLIN, () => {
      read(this.#fd, this.#expirations, 8);
      expired();
    });
  }

  /** In so many milliseconds, in place of what was set; at least a nanosecond. */
  set(ms: number): void {
    const nanoseconds = Math.max(1, Math.round(ms * NANOSECONDS));
    this.#value.writeBigInt64LE(BigInt(Math.floor(nanoseconds / 1e9)), 16);
    this.#value.writeBigInt64LE(BigInt(nanoseconds % 1e9), 24);
    must("timerfd_settime", settime(this.#fd, 0, this.#value, null));
  }

  close(): void {
    reactor().unwatch(this.#fd);
    close(this.#fd);
  }
}
