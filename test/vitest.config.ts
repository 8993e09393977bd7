import { defineConfig } from "vitest/config";

/**
 * Kernel and end-to-end tests touch the machine: one file at a time. What a busy machine upset is tried once more;
 * scripts/run-tests.ts names every test that needed it.
 */
const serial = { fileParallelism: false, testTimeout: 60_000, hookTimeout: 60_000, retry: 1 };

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["test/unit/**/*.test.{ts,tsx}"] } },
      { test: { name: "golden", include: ["test/golden/**/*.test.ts"] } },
      { test: { name: "kernel", include: ["test/kernel/**/*.test.ts"], ...serial } },
      { test: { name: "conformance", include: ["test/conformance/**/*.test.ts"], ...serial } },
      { test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], ...serial } },
    ],
  },
});
