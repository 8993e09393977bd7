import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { reportError } from "../../../src/cli/report-error.ts";
import { SyscallError } from "../../../src/kernel/libc.ts";

function report(error: unknown): { code: number; text: string } {
  let text = "";
  const stderr = new Writable({ write: (chunk, _encoding, done) => ((text += String(chunk)), done()) });
  const code = reportError(error, { stderr: stderr as never, env: {}, debug: false });
  return { code, text };
}

test("what the system has run out of is not reported as a bug: exit code 3, a hint and no stack", () => {
  const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  expect(report(full)).toEqual({
    code: 3,
    text: "error: ENOSPC: no space left on device, write\nhint: make room: df -h and df -i\n",
  });
  const EMFILE = 24;
  expect(report(new SyscallError("socket AF_NETLINK", EMFILE))).toEqual({
    code: 3,
    text: "error: socket AF_NETLINK: EMFILE\nhint: raise the limit of open files: ulimit -n\n",
  });
});

test("any other error is a bug, with its stack", () => {
  const { code, text } = report(new TypeError("x is not a function"));
  expect(code).toBe(70);
  expect(text).toContain("report-error.test.ts");
});
