/** What a check of kind capture means. */
import type { CheckResolver } from "../kind.ts";
import type { Check } from "../../lab/check.ts";
import type { PacketExpectation } from "../../capture/packet-match.ts";
import type { Scope } from "../../syntax/scope.ts";
import { didYouMean } from "../../syntax/nearest.ts";
import { common, type ResolveContext } from "../resolve-context.ts";
import { resolvePacketExpectation } from "./resolve-declared.ts";
import type { captureSchema } from "./schema.ts";

export interface CaptureCheck extends Check {
  readonly kind: "capture";
  /** Name of a declared capture. */
  readonly capture: string;
  readonly expect: PacketExpectation;
}

export const resolveCapture: CheckResolver<typeof captureSchema, CaptureCheck> = (doc, fields, context, scope) => {
  requireCapture(doc.capture, context, scope.at("capture"));
  return {
    ...common(fields, []),
    kind: "capture",
    capture: doc.capture,
    expect: resolvePacketExpectation(doc.expect, context.index, scope.at("expect")),
  };
};

/** The capture, or a mistake that lists the valid names. */
function requireCapture(name: string, context: ResolveContext, scope: Scope): void {
  const names = context.captures.map((capture) => capture.name);
  if (names.includes(name)) return;
  scope.dangling(
    `there is no capture "${name}"`,
    didYouMean(name, names, "captures") ?? "declare it under spec.captures",
  );
}
