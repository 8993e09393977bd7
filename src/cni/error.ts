/** Errors of CNI plugins and of the runtime that calls them (SPEC.md 1.1.0 of containernetworking/cni, "Error"; pkg/types/types.go). */

/** Well-known codes; plugins have their own from 100. */
export const CNI_CODE = {
  incompatibleVersion: 1,
  unsupportedField: 2,
  unknownContainer: 3,
  invalidEnvironment: 4,
  io: 5,
  decoding: 6,
  invalidConfig: 7,
  tryAgain: 11,
  unavailable: 50,
  limited: 51,
  internal: 999,
} as const;

/** What the specification calls them. */
const MEANINGS: Readonly<Record<number, string>> = {
  1: "incompatible CNI version",
  2: "unsupported field in network configuration",
  3: "container unknown or does not exist",
  4: "invalid necessary environment variables",
  5: "I/O failure",
  6: "failed to decode content",
  7: "invalid network config",
  11: "try again later",
  50: "the plugin is not available",
  51: "the plugin is not available, and existing containers may have limited connectivity",
};

/** A CNI error object. `message` is the one that libcni prints: msg, and details after a semicolon. */
export class CniError extends Error {
  readonly code: number;
  readonly msg: string;
  readonly details: string;

  constructor(code: number, msg: string, details = "") {
    super(details === "" ? msg : `${msg}; ${details}`);
    this.code = code;
    this.msg = msg;
    this.details = details;
  }
}

/** `code 7, invalid network config`; a plugin's own codes have no meaning here. */
export function codeText(code: number): string {
  const meaning = MEANINGS[code];
  return meaning === undefined ? `code ${code}` : `code ${code}, ${meaning}`;
}

/** As pkg/invoke/raw_exec.go reads what a failed plugin wrote. `exit`: `exit status 1`, `signal: killed`. */
export function pluginError(stdout: string, stderr: string, exit: string): CniError {
  if (stdout.trim() === "") {
    const words = stderr.trim();
    return new CniError(
      CNI_CODE.internal,
      words === "" ? `netplugin failed with no error message: ${exit}` : `netplugin failed: ${JSON.stringify(words)}`,
    );
  }
  try {
    const { code, msg, details } = JSON.parse(stdout) as { code?: unknown; msg?: unknown; details?: unknown };
    return new CniError(
      typeof code === "number" ? code : CNI_CODE.internal,
      typeof msg === "string" ? msg : "",
      typeof details === "string" ? details : "",
    );
  } catch {
    return new CniError(
      CNI_CODE.internal,
      `netplugin failed but error parsing its diagnostic message ${JSON.stringify(stdout.trim())}`,
    );
  }
}
