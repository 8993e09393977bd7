import { closeSync, openSync } from "node:fs";
import { constants } from "node:os";
import { afterAll, beforeAll, expect, test } from "vitest";
import { close, declare, declareAside, flock, must, SyscallError } from "../../../src/kernel/libc.ts";

const { EBADF, ENOTSOCK } = constants.errno;
const LISTEN = "int listen(int fd, int backlog)";
const listen = declare<[fd: number, backlog: number]>(LISTEN);

let file = -1;
beforeAll(() => {
  file = openSync("/dev/null", "r");
});
afterAll(() => closeSync(file));

test("a call that fails returns its own -errno, whatever fails after it", () => {
  const first = flock(-1, 1);
  const second = listen(file, 1);
  close(-1);
  expect([first, second]).toEqual([-EBADF, -ENOTSOCK]);
});

test("a call that works returns what it returns, also after one that failed", () => {
  const dup = declare<[fd: number]>("int dup(int fd)");
  close(-1);
  const fd = dup(0);
  expect(fd).toBeGreaterThan(2);
  expect(close(fd)).toBe(0);
});

test("must() makes an error of it, with the name of the errno", () => {
  const fail = (): number => must("flock", flock(-1, 1), "somewhere");
  expect(fail).toThrow(SyscallError);
  expect(fail).toThrow(expect.objectContaining({ errno: EBADF, code: "EBADF", message: "flock somewhere: EBADF" }));
  expect(must("close", 0)).toBe(0);
});

test("garbage collection in between does not change the errno", () => {
  const garbage: unknown[] = [];
  const seen = new Set<number>();
  for (let i = 0; i < 100_000; i++) {
    garbage[i % 1000] = { i, list: [i, String(i)] };
    seen.add(i % 2 === 0 ? flock(-1, 1) : listen(file, 1));
  }
  expect([...seen]).toEqual([-EBADF, -ENOTSOCK]);
});

test("on another thread a failure is -1", async () => {
  const listenAside = declareAside<[fd: number, backlog: number]>(LISTEN);
  expect(await listenAside(-1, 1)).toBe(-1);
});
