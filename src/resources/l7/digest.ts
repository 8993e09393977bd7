/** What two tables have in common when they are served alike: all but their causes. */
import { sha256 } from "../../net/digest.ts";
import type { L7Resource } from "./definition.ts";

/** 32 hexadecimal digits. Keys count by their certificates, which they belong to. */
export function l7Digest({ table, certificates }: Pick<L7Resource, "table" | "certificates">): string {
  const shown = Object.entries(certificates).map(([id, one]) => [
    id,
    "selfSigned" in one ? one.selfSigned : one.certificate,
  ]);
  const text = JSON.stringify([table, shown], (key, value: unknown) => (key === "cause" ? undefined : value));
  return sha256(text).toString("hex", 0, 16);
}
