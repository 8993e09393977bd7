/** An engine behind ssh: one forward of its socket by the system's own ssh, with a real sshd on loopback and keys of the test's own. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, rmdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CliResult } from "./cli.ts";
import { describeWithEngine, dockerCli, endedWith, OVERLAY } from "./docker-run.ts";
import type { DockerCli } from "./docker-run.ts";
import { startEngine, whyNoEngine } from "./docker-engine.ts";
import type { TestEngine } from "./docker-engine.ts";
import { eventually } from "../wait.ts";

const NAME = "k8snetssh";
const PORT = 2222;
/** sshd wants it for its unprivileged part. */
const PRIVSEP = "/run/sshd";
const START_LIMIT = 20_000;

/** sshd only runs by its whole path. */
function find(program: string): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/bin"];
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
}

function whyNoSsh(): string | undefined {
  if (find("sshd") === undefined) return "needs openssh-server";
  if (find("ssh") === undefined) return "needs openssh-client";
  return spawnSync("getent", ["passwd", "sshd"]).status === 0 ? undefined : "needs openssh-server";
}

const reason = whyNoEngine() ?? whyNoSsh();

describeWithEngine("an engine behind ssh", reason, () => {
  let folder = "";
  let engine: TestEngine;
  let docker: DockerCli;
  let daemon: ChildProcess | undefined;
  let madePrivsep = false;

  const knownHosts = (key: string): void =>
    writeFileSync(
      join(folder, "known_hosts"),
      `[127.0.0.1]:${PORT} ${readFileSync(join(folder, `${key}.pub`), "utf8")}`,
    );
  const run = (...args: readonly string[]): Promise<CliResult> =>
    docker.runWith(
      {
        prefix: ["nsenter", `--net=/run/netns/${NAME}`],
        env: {
          DOCKER_HOST: `ssh://root@127.0.0.1:${PORT}${engine.host.replace("unix://", "")}`,
          PATH: `${join(folder, "bin")}${delimiter}${process.env["PATH"] ?? ""}`,
        },
      },
      ...args,
    );

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "k8snet-sshd-"));
    for (const key of ["host", "other", "user"])
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, key)]);
    const server = [
      `ListenAddress 127.0.0.1:${PORT}`,
      `HostKey ${join(folder, "host")}`,
      `AuthorizedKeysFile ${join(folder, "user.pub")}`,
      "StrictModes no",
      "UsePAM no",
      "PidFile none",
      "PermitRootLogin prohibit-password",
    ];
    writeFileSync(join(folder, "sshd_config"), `${server.join("\n")}\n`);
    const client = [`IdentityFile ${join(folder, "user")}`, `UserKnownHostsFile ${join(folder, "known_hosts")}`];
    writeFileSync(join(folder, "ssh_config"), `${[...client, "StrictHostKeyChecking yes"].join("\n")}\n`);
    // The user's own files stay out of it.
    mkdirSync(join(folder, "bin"));
    const wrapper = `#!/bin/sh\nexec ${find("ssh")} -F ${join(folder, "ssh_config")} "$@"\n`;
    writeFileSync(join(folder, "bin/ssh"), wrapper);
    chmodSync(join(folder, "bin/ssh"), 0o755);
    knownHosts("host");
    engine = await startEngine(NAME);
    docker = dockerCli(engine);
    madePrivsep = !existsSync(PRIVSEP);
    if (madePrivsep) mkdirSync(PRIVSEP, { mode: 0o755 });
    const sshd = [find("sshd") ?? "", "-D", "-e", "-f", join(folder, "sshd_config")];
    daemon = spawn("nsenter", [`--net=/run/netns/${NAME}`, ...sshd], { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    daemon.stderr?.setEncoding("utf8").on("data", (text: string) => (said += text));
    await eventually(
      () => said,
      () => said.includes("Server listening") || daemon?.exitCode !== null,
      { within: START_LIMIT },
    );
    if (!said.includes("Server listening")) throw new Error(`sshd does not start: ${said}`);
  }, 400_000);
  afterAll(async () => {
    daemon?.kill("SIGTERM");
    if (madePrivsep) rmdirSync(PRIVSEP);
    await engine?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  test("up, exec, down", { timeout: 120_000 }, async () => {
    endedWith(0, await run("up", OVERLAY, "--plain", "--no-checks"));
    const exec = await run("exec", "overlay", "pod/client", "--", "sh", "-c", "hostname; exit 5");
    expect(exec).toMatchObject({ code: 5, stdout: "client\n" });
    endedWith(0, await run("down", "overlay"));
    expect(docker.leftovers()).toEqual([]);
  });

  test("another host's key: refused as ssh refuses it, nothing is made", { timeout: 60_000 }, async () => {
    knownHosts("other");
    const up = await run("up", OVERLAY, "--plain");
    endedWith(3, up);
    expect(up.stderr).toMatch(/ssh could not reach ssh:.*\n?[^]*Host key verification failed/);
    expect(up.stderr).toContain(`hint: try it by hand: ssh -p ${PORT} root@127.0.0.1 docker version`);
    expect(docker.leftovers()).toEqual([]);
  });
});
