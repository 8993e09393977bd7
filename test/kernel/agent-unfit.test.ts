import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

const registry = new URL("../../src/drivers/registry.ts", import.meta.url).href;
const probe = `
  const { getDriver } = await import(${JSON.stringify(registry)});
  try {
    const driver = getDriver("netns");
    await driver.probe(undefined);
    (await driver.start()).close();
    console.log(JSON.stringify({ fit: true }));
  } catch (error) {
    console.log(JSON.stringify({ code: error.code, exitCode: error.exitCode, message: error.message, hint: error.hint }));
  }
`;

/** What the driver says on a host that lacks something; `wrap` takes it away. */
function probeIn(...wrap: string[]): Record<string, unknown> {
  const [file = "", ...args] = [...wrap, process.execPath, "--input-type=module", "-e", probe];
  const { stdout, stderr } = spawnSync(file, args, {
    encoding: "utf8",
    timeout: 20_000,
    env: { PATH: process.env["PATH"], HOME: "/tmp" },
  });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as Record<string, unknown>;
}

test("a host that has all it takes is fit", () => {
  expect(probeIn("env")).toEqual({ fit: true });
});

test("root without the capabilities, as in a container: exit code 3, the capability and what to do", () => {
  expect(probeIn("setpriv", "--bounding-set=-sys_admin", "--")).toMatchObject({
    code: "EHOST",
    exitCode: 3,
    message: expect.stringContaining("CAP_SYS_ADMIN") as string,
    hint: expect.stringContaining("--privileged") as string,
  });
});

test("an ordinary user where user namespaces are used up or switched off", () => {
  const off = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"';
  const wrap = [
    "setpriv",
    "--reuid",
    "1000",
    "--regid",
    "1000",
    "--clear-groups",
    "--",
    "unshare",
    "--user",
    "--map-current-user",
    "--keep-caps",
    "--",
  ];
  expect(probeIn(...wrap, "sh", "-c", off, "sh")).toMatchObject({
    code: "EHOST",
    exitCode: 3,
    message: expect.stringContaining("max_user_namespaces = 0") as string,
    hint: expect.stringContaining("sudo sysctl -w user.max_user_namespaces=") as string,
  });
});

test("an ordinary user who may not create namespaces, for a reason that is not in a sysctl, sees what unshare printed", () => {
  const one = 'echo 1 > /proc/sys/user/max_mnt_namespaces && exec "$@"';
  const wrap = [
    "setpriv",
    "--reuid",
    "1000",
    "--regid",
    "1000",
    "--clear-groups",
    "--",
    "unshare",
    "--user",
    "--mount",
    "--map-current-user",
    "--keep-caps",
    "--",
  ];
  expect(probeIn(...wrap, "sh", "-c", one, "sh")).toMatchObject({
    code: "EHOST",
    exitCode: 3,
    message: expect.stringContaining("unshare failed") as string,
    hint: expect.stringContaining("doctor") as string,
  });
});

test("without a file descriptor for the agent's pipes: exit code 3 and the reason", () => {
  const script = `
    const { openSync, closeSync } = await import("node:fs");
    const { getDriver } = await import(${JSON.stringify(registry)});
    const open = [];
    try { for (;;) open.push(openSync("/dev/null")); } catch {}
    for (const fd of open.slice(-2)) closeSync(fd);
    const error = await getDriver("netns").start().catch((error) => error);
    for (const fd of open.slice(0, -2)) closeSync(fd);
    console.log(JSON.stringify({ exitCode: error.exitCode, message: error.message }));
  `;
  const { stdout, stderr } = spawnSync(
    "prlimit",
    ["--nofile=100:100", process.execPath, "--input-type=module", "-e", script],
    { encoding: "utf8", env: { PATH: process.env["PATH"], HOME: "/tmp" } },
  );
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual({ exitCode: 3, message: expect.stringContaining("EMFILE") as string });
});
