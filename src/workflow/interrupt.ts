/** Signals: the first one asks for an orderly end, the second one ends at once (the agent then rolls back on its own). */
import { EXIT, LabError } from "../errors.ts";

/** The user (or the system) asked us to stop: exit 130. */
export class InterruptedError extends LabError {
  constructor(message = "interrupted") {
    super("EINTERRUPTED", EXIT.interrupted, message);
  }
}

export interface Interrupt {
  /** Aborted with an InterruptedError by the first SIGINT, SIGTERM or SIGHUP that arrives while armed. */
  readonly signal: AbortSignal;
  /** From here on signals are ours; `message` is printed at the first one, in place of an earlier one. Returns a function that restores them. */
  arm(message: string): () => void;
  /** As if a signal had come: for the terminal UI, whose raw mode swallows Ctrl-C. */
  trigger(): void;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export function makeInterrupt(stderr: NodeJS.WritableStream): Interrupt {
  const controller = new AbortController();
  let message = "";
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    if (message !== "") stderr.write(`\n${message}\n`);
    controller.abort(new InterruptedError());
  };
  return {
    signal: controller.signal,
    arm(text) {
      message = text;
      for (const name of SIGNALS) process.removeListener(name, onSignal).on(name, onSignal);
      return () => {
        for (const name of SIGNALS) process.removeListener(name, onSignal);
      };
    },
    trigger: onSignal,
  };
}
