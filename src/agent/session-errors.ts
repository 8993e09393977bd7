/** How a session refuses, and what it says of what is left. */
import { EXIT, LabError } from "../errors.ts";
import type { TeardownResult } from "../apply/teardown.ts";

export function busy(purpose: string, pid: number | undefined): LabError {
  return new LabError(
    "EBUSY",
    EXIT.buildFailed,
    `another command (${purpose}, pid ${pid ?? "unknown"}) is changing this lab`,
    {
      hint: "wait for it to finish, or stop it with Ctrl-C",
    },
  );
}

export function withLeftovers(error: unknown, failures: TeardownResult["failures"], lab: string): unknown {
  if (!(error instanceof LabError)) return error;
  const left = failures.map(({ operation }) => operation.replace(/^delete /, "")).join(", ");
  return new LabError(error.code, error.exitCode, `${error.message}; what could not be removed again: ${left}`, {
    hint: `${error.hint === undefined ? "" : `${error.hint}; `}then remove what is left: k8snet-lab down ${lab}`,
    cause: error,
  });
}
