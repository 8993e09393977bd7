/** The error family: messages for the user, with what to do next, and the exit code. */
import { formatSource, type SourceRef } from "./cause.ts";
import { printable } from "./printable.ts";

/** Exit codes of the command line (stable contract). */
export const EXIT = {
  ok: 0,
  checkFailed: 1,
  badInput: 2,
  unfitHost: 3,
  buildFailed: 4,
  bug: 70,
  /** EX_IOERR of sysexits(3). */
  noOutput: 74,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** One mistake in an input file. */
export interface Diagnostic {
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly source?: SourceRef | undefined;
  /** What to do about it: the nearest valid name, a free range, the supported fields. */
  readonly hint?: string | undefined;
  /** The API field path, as a Kubernetes API server prints it: `spec.ports[0].port`. */
  readonly path?: string | undefined;
}

/** What makes an input unusable. */
export const isMistake = ({ severity }: Diagnostic): boolean => severity === "error";

/** `labs/x.yaml:12:9: error: message (hint: …)`. */
export function formatDiagnostic(d: Diagnostic): string {
  const at = formatSource(d.source);
  const hint = d.hint === undefined ? "" : `\n    hint: ${printable(d.hint)}`;
  return `${at === "" ? "" : `${at}: `}${d.severity}: ${printable(d.message)}${hint}`;
}

/** Base of all errors that are not bugs. Anything else that reaches the top is a bug: exit 70 with its stack. */
export class LabError extends Error {
  readonly code: string;
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;
  constructor(
    code: string,
    exitCode: ExitCode,
    message: string,
    options: { hint?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "LabError";
    this.code = code;
    this.exitCode = exitCode;
    this.hint = options.hint;
  }
}

/** The input is wrong (exit 2): all mistakes at once. */
export class InputError extends LabError {
  readonly diagnostics: readonly Diagnostic[];
  constructor(diagnostics: readonly Diagnostic[]) {
    super("EINPUT", EXIT.badInput, diagnostics.map(formatDiagnostic).join("\n"));
    this.diagnostics = diagnostics;
  }
}

/** The command line names something that does not exist or makes no sense (exit 2). */
export class UsageError extends LabError {
  constructor(message: string, hint?: string) {
    super("EUSAGE", EXIT.badInput, message, { hint });
  }
}

/** This host cannot do it (exit 3): a tool, a privilege or a kernel feature is missing. */
export class HostError extends LabError {
  constructor(message: string, hint: string, cause?: unknown) {
    super("EHOST", EXIT.unfitHost, message, { hint, cause });
  }
}

const LACKS: Readonly<Record<string, string>> = {
  EMFILE: "raise the limit of open files: ulimit -n",
  ENFILE: "the machine has reached its limit of open files: sysctl fs.file-max",
  ENOSPC: "make room: df -h and df -i",
  EDQUOT: "make room: quota",
  EROFS: "mount it so that it can be written",
};

/** Nothing can be built where nothing can be recorded. `error`: what the file system said. */
export function cannotWrite(path: string, error: unknown): HostError {
  const { code, message } = error as Error & { code?: string };
  const full = code === "ENOSPC" || code === "EDQUOT";
  return new HostError(
    `${path} cannot be written: ${full ? "the disk is full" : message}`,
    full
      ? `make room there: df -h ${path.replace(/\/k8snet-lab.*$/, "")}`
      : (LACKS[code ?? ""] ?? "a lab's record must be written there"),
    error,
  );
}

/** An exhausted system resource is not a bug, wherever it is noticed; undefined for other errors. */
export function hostLack(error: unknown): HostError | undefined {
  if (!(error instanceof Error) || error instanceof LabError) return undefined;
  const hint = "code" in error && typeof error.code === "string" ? LACKS[error.code] : undefined;
  return hint === undefined ? undefined : new HostError(error.message, hint, error);
}

/** Building or taking down failed (exit 4). `operation`, `command` and `stderr` say what exactly. */
export class BuildError extends LabError {
  readonly failures: readonly OperationFailure[];
  constructor(message: string, failures: readonly OperationFailure[] = [], hint?: string) {
    super("EBUILD", EXIT.buildFailed, message, { hint });
    this.failures = failures;
  }
}

/** What was thrown, in words. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** One operation that failed, as shown to the user. */
export interface OperationFailure {
  /** Operation id, see resources/operation.ts. */
  readonly operation: string;
  /** The shell command that does the same. */
  readonly command: string;
  /** The error of the kernel or the tool. */
  readonly stderr: string;
  /** formatCause() of the operation's cause. */
  readonly cause: string;
}
