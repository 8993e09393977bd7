/** Which version this is: the nearest package.json of this package, from the sources as from the bundle. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export function packageVersion(): string {
  for (const up of ["..", "../.."]) {
    try {
      const manifest = JSON.parse(readFileSync(join(import.meta.dirname, up, "package.json"), "utf8")) as {
        name?: string;
        version?: string;
      };
      if (manifest.name === "k8snet-lab" && manifest.version !== undefined) return manifest.version;
    } catch {
      // not at this level
    }
  }
  return "unknown";
}
