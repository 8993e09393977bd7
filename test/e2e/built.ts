/** Before the end-to-end tests: what they run is built from the sources as they are now. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";

export function setup(): void {
  execFileSync(join(import.meta.dirname, "../../scripts/k8snet-lab"), ["--no-link", "--version"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}
