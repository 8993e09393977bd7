import { expect, test } from "vitest";
import { judgeCommand } from "../../../../src/checks/command/run.ts";

test("a command that does not end is distinguished from one that fails", () => {
  const check = { timeout: 500, expect: { exitCode: 0, stdout: "default via" } };
  const result = { exitCode: 0, stdout: "default via 10.0.0.1", stderr: "", timedOut: false };
  expect(judgeCommand(result, check)).toMatchObject({ ok: true });
  expect(judgeCommand({ ...result, stdout: "" }, check)).toMatchObject({ ok: false, got: "exit code 0, no output" });
  expect(judgeCommand({ ...result, exitCode: null, timedOut: true }, check).got).toContain("did not end within 500 ms");
});
