/** readinessProbe, livenessProbe and startupProbe: what they may contain, and the API server's checks of it (pkg/apis/core/validation: validateProbe, validateHandler). */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import type { Path } from "../../syntax/path.ts";
import { invalidValue } from "../../syntax/kube-names.ts";
import type { Report } from "../../syntax/report.ts";
import { anything, argument, optionalArgument } from "../../syntax/scalar.ts";

const port = lazy(() => z.union([z.int(), argument]));
const seconds = z.int().nullable().optional();

export const readinessProbe = lazy(() =>
  z.strictObject({
    httpGet: z
      .strictObject({
        path: argument.optional(),
        port,
        host: argument.optional(),
        scheme: z.enum(["HTTP", "HTTPS"]).optional(),
        httpHeaders: z
          .array(z.strictObject({ name: argument, value: argument }))
          .nullable()
          .optional(),
      })
      .optional(),
    tcpSocket: z.strictObject({ port, host: argument.optional() }).optional(),
    exec: z.strictObject({ command: z.array(argument).min(1) }).optional(),
    grpc: z.strictObject({ port: z.int(), service: optionalArgument }).optional(),
    initialDelaySeconds: seconds,
    periodSeconds: seconds,
    timeoutSeconds: seconds,
    successThreshold: seconds,
    failureThreshold: seconds,
    terminationGracePeriodSeconds: anything,
  }),
);

export type ReadinessProbeDocument = z.infer<typeof readinessProbe>;

const HANDLERS = ["httpGet", "tcpSocket", "exec", "grpc"] as const;
const NUMBERS = [
  "initialDelaySeconds",
  "periodSeconds",
  "timeoutSeconds",
  "successThreshold",
  "failureThreshold",
] as const;

/** `ports`: names of the container's ports. */
export function checkReadinessProbe(
  probe: ReadinessProbeDocument,
  ports: readonly string[],
  path: Path,
  report: Report,
): void {
  const handlers = HANDLERS.filter((handler) => probe[handler] !== undefined && probe[handler] !== null);
  if (handlers.length === 0)
    report(path, "Required value: must specify a handler type", { hint: "write httpGet, tcpSocket, grpc or exec" });
  if (handlers.length > 1)
    report([...path, handlers[1] ?? ""], "Forbidden: may not specify more than 1 handler type", {
      hint: `${handlers[0]} is already set`,
    });
  for (const handler of ["httpGet", "tcpSocket", "grpc"] as const) {
    const value = probe[handler]?.port;
    if (value === undefined) continue;
    if (typeof value === "number" ? value < 1 || value > 65535 : !ports.includes(value))
      report(
        [...path, handler, "port"],
        typeof value === "number"
          ? invalidValue(value, "must be between 1 and 65535, inclusive")
          : `the container has no port named "${value}"`,
        { at: "value" },
      );
  }
  const { successThreshold } = probe;
  if (path.at(-1) !== "readinessProbe" && typeof successThreshold === "number" && successThreshold > 1)
    report([...path, "successThreshold"], invalidValue(successThreshold, "must be 1"), { at: "value" });
  for (const key of NUMBERS) {
    const value = probe[key];
    if (typeof value === "number" && value < 0)
      report([...path, key], invalidValue(value, "must be greater than or equal to 0"), { at: "value" });
  }
}
