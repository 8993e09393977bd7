/** Labels outside of manifests (of cluster nodes), in Kubernetes' syntax. */
import type { Scope } from "../syntax/scope.ts";

const KEY = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

export function checkLabelMap(labels: Readonly<Record<string, string>>, scope: Scope): void {
  for (const [key, value] of Object.entries(labels)) {
    if (!KEY.test(key))
      scope
        .at(key)
        .keyError(
          `"${key}" is not a label's key`,
          "[PREFIX/]NAME of letters, digits, '-', '_', '.', at most 63 characters",
        );
    if (!VALUE.test(value))
      scope.at(key).error(`"${value}" is not a label's value`, "letters, digits, '-', '_', '.', at most 63 characters");
  }
}
