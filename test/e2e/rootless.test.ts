/** What others add to the lab of an ordinary user. */
import { expect, test } from "vitest";
import { othersAddAndRemove } from "./added.ts";
import { cli } from "./cli.ts";
import { OVERLAY } from "./docker-run.ts";

const options = { ...(process.getuid?.() === 0 ? { uid: 1000 } : {}), env: { HOME: "/tmp" } };

test("is named with commands that remove it, and files are put back", async () => {
  expect(await cli(["up", OVERLAY, "--plain", "--no-checks"], options)).toMatchObject({ code: 0, stderr: "" });
  await othersAddAndRemove(OVERLAY, options);
  // A program whose name is a shell's own command as well.
  expect(await cli(["exec", "overlay", "node1", "--", "test", "-e", "/etc/hosts"], options)).toMatchObject({ code: 0 });
  expect(await cli(["exec", "overlay", "node1", "--", "test", "-e", "/none"], options)).toMatchObject({ code: 1 });
  expect(await cli(["down", "overlay"], options)).toMatchObject({ code: 0 });
});
