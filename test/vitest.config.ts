/**
 * The projects. As root the vitest command line goes on in a lane (scripts/lane): what tests build, count and sweep is never
 * this machine's.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

if (process.getuid?.() === 0 && !existsSync("/run/k8snet-lab-lane")) {
  const lane = join(import.meta.dirname, "../scripts/lane");
  const { status } = spawnSync(lane, [process.execPath, ...process.argv.slice(1)], { stdio: "inherit" });
  process.exit(status ?? 1);
}

// Agents and command lines that tests start from the sources take a third of the time with their modules compiled once.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, "../node_modules/.cache/compiled");

/** Kernel and end-to-end tests of one lane share its namespaces: one file at a time. */
const serial = { fileParallelism: false, testTimeout: 60_000, hookTimeout: 60_000 };

/** Files of one worker share the modules that they import: half the time goes into loading them otherwise. */
const shared = { isolate: false };

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["test/unit/**/*.test.{ts,tsx}"], testTimeout: 30_000, ...shared } },
      { test: { name: "golden", include: ["test/golden/**/*.test.ts"], ...shared } },
      { test: { name: "kernel", include: ["test/kernel/**/*.test.ts"], ...serial } },
      { test: { name: "conformance", include: ["test/conformance/**/*.test.ts"], ...serial } },
      { test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], globalSetup: ["test/e2e/built.ts"], ...serial } },
    ],
  },
});
