/** What goes wrong around an engine, each told with what to do: TLS, a full disk, no addresses left, an old engine, a lost node. */
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWithEngine, dockerCli, endedWith, OVERLAY } from "./docker-run.ts";
import type { DockerCli } from "./docker-run.ts";
import { startEngine, whyNoEngine } from "./docker-engine.ts";
import type { TestEngine } from "./docker-engine.ts";

const NAME = "k8snetfault";
const WAIT = { timeout: 30_000, interval: 200 };
const TCP = "tcp://127.0.0.1:2376";
const reason = whyNoEngine() ?? (spawnSync("openssl", ["version"]).status === 0 ? undefined : "needs openssl");

const WAITING = `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: waiting }
spec:
  cluster: { nodes: [node1, node2] }
  checks:
    - { name: answers never, from: node1, ping: 192.168.50.99, within: 1s }
    - { name: ends with its node, from: node2, ping: 192.168.50.99, within: 60s }
`;

/** A certificate authority's, the engine's and a client's: ca.pem, NAME.pem, NAME-key.pem. */
function makeCertificates(folder: string): void {
  const openssl = (...args: readonly string[]): void => {
    execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  };
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl("req", "-x509", ...key, "-keyout", "ca-key.pem", "-out", "ca.pem", "-days", "2", "-subj", "/CN=ca");
  for (const name of ["server", "client"]) {
    openssl("req", ...key, "-keyout", `${name}-key.pem`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
    writeFileSync(join(folder, `${name}.ext`), `subjectAltName=IP:127.0.0.1\nextendedKeyUsage=${name}Auth\n`);
    const signed = ["-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial", "-extfile", `${name}.ext`];
    openssl("x509", "-req", "-in", `${name}.csr`, ...signed, "-out", `${name}.pem`, "-days", "2");
  }
}

describeWithEngine("faults around an engine", reason, () => {
  let folder = "";
  let engine: TestEngine;
  let docker: DockerCli;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "k8snet-faults-"));
    makeCertificates(folder);
    const server = join(folder, "server");
    engine = await startEngine(NAME, {
      args: [
        // Room for one network: the engine's own.
        "--bip",
        "10.99.0.1/24",
        "--default-address-pool",
        "base=10.99.0.0/24,size=24",
        "--host",
        TCP,
        "--tlsverify",
        "--tlscacert",
        join(folder, "ca.pem"),
        "--tlscert",
        `${server}.pem`,
        "--tlskey",
        `${server}-key.pem`,
      ],
    });
    docker = dockerCli(engine);
  }, 400_000);
  afterAll(async () => {
    await engine?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  test("an engine over TCP: client certificates are taken, others are refused", { timeout: 90_000 }, async () => {
    const good = join(folder, "good");
    mkdirSync(good);
    for (const [from, to] of [
      ["ca.pem", "ca.pem"],
      ["client.pem", "cert.pem"],
      ["client-key.pem", "key.pem"],
    ] as const)
      copyFileSync(join(folder, from), join(good, to));
    const prefix = ["nsenter", `--net=/run/netns/${NAME}`];
    const secure = (certificates: string): Record<string, string> => ({
      DOCKER_HOST: TCP,
      DOCKER_TLS_VERIFY: "1",
      DOCKER_CERT_PATH: certificates,
    });
    const env = secure(good);
    const up = await docker.runWith({ prefix, env }, "up", OVERLAY, "--plain", "--no-checks");
    endedWith(0, up);
    expect(up.stderr).toBe("");
    const exec = await docker.runWith({ prefix, env }, "exec", "overlay", "pod/client", "--", "hostname");
    expect(exec).toMatchObject({ code: 0, stdout: "client\n" });
    endedWith(0, await docker.runWith({ prefix, env }, "down", "overlay"));
    expect(docker.leftovers()).toEqual([]);

    // The engine's authority is known, but nobody says who asks; then not even that; then there is no TLS at all.
    const nobody = await docker.runWith({ prefix, env: secure(folder) }, "up", OVERLAY, "--plain");
    endedWith(3, nobody);
    expect(nobody.stderr).toContain("it requires a different client certificate");
    const stranger = join(folder, "stranger");
    mkdirSync(stranger);
    makeCertificates(stranger);
    const strange = await docker.runWith({ prefix, env: secure(stranger) }, "up", OVERLAY, "--plain");
    endedWith(3, strange);
    expect(strange.stderr).toContain("do not trust each other");
    const bare = await docker.runWith({ prefix, env: { DOCKER_HOST: TCP } }, "up", OVERLAY, "--plain");
    endedWith(3, bare);
    expect(bare.stderr).toMatch(/hint: set DOCKER_TLS_VERIFY=1/);
  });

  test("no addresses left for a network: said with what to do, nothing stays", { timeout: 90_000 }, async () => {
    endedWith(0, await docker.run("up", OVERLAY, "--plain", "--no-checks"));
    // The same addresses: the engine would have to choose others.
    const second = await docker.run("up", "labs/host-gw.yaml", "--plain", "--no-checks");
    endedWith(4, second);
    expect(second.stderr).toMatch(/no addresses left for a network: docker network prune/);
    endedWith(0, await docker.run("down", "overlay"));
    expect(docker.leftovers()).toEqual([]);
  });

  test("no room for the image's build: said with what to do", { timeout: 90_000 }, async () => {
    endedWith(0, await docker.run("image", "rm"));
    const room = join(engine.data, "tmp");
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", room]);
    try {
      const build = await docker.run("image", "build");
      endedWith(4, build);
      expect(build.stderr).toMatch(/no space left on device/);
      expect(build.stderr).toMatch(/hint: make room on the engine's disk: docker system df/);
    } finally {
      execFileSync("umount", [room]);
    }
    endedWith(0, await docker.run("image", "build"));
  });

  test("an engine that is too old is refused by its version", async () => {
    const path = join(folder, "old.sock");
    const version = { Version: "19.03.15", ApiVersion: "1.40", Os: "linux", Arch: "amd64" };
    const server = createServer((request, response) => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(request.url?.endsWith("/version") === true ? version : {}));
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    try {
      const up = await docker.runWith({ env: { DOCKER_HOST: `unix://${path}` } }, "up", OVERLAY, "--plain");
      endedWith(3, up);
      expect(up.stderr).toContain("too old: 19.03.15 (API 1.40)");
      expect(up.stderr).toContain("hint: Docker 20.10 or later is needed");
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test(
    "a node's container killed while checks run: named; down and up hold against a stopped engine; taken down with the rest",
    { timeout: 150_000 },
    async () => {
      const file = join(folder, "waiting.yaml");
      writeFileSync(file, WAITING);
      endedWith(0, await docker.run("up", file, "--plain", "--no-checks"));
      const check = docker.start("check", "waiting", "--plain");
      await check.printed("running already");
      engine.docker("kill", "k8snet-lab.waiting.node2");
      const ended = await check.result;
      endedWith(1, ended);
      expect(ended.stdout).toMatch(/node2( of lab waiting)? is gone/);
      expect(ended.stdout).toMatch(/node2 of lab waiting has gone: its container was stopped, removed or restarted/);
      const exec = await docker.run("exec", "waiting", "node2", "--", "true");
      endedWith(4, exec);
      expect(exec.stderr).toContain("hint: bring it back: k8snet-lab up");
      engine.pause();
      try {
        const [down, up] = await Promise.all([
          docker.run("down", "waiting"),
          docker.run("up", OVERLAY, "--plain", "--timeout", "5s"),
        ]);
        endedWith(4, down);
        expect(down.stdout).toContain("it stays there until the engine answers again");
        endedWith(4, up);
        expect(up.stderr).toContain("the time limit was reached");
      } finally {
        engine.resume();
      }
      await expect.poll(async () => (await docker.run("ls")).stdout, WAIT).toMatch(/waiting +dead/);
      endedWith(0, await docker.run("down", "waiting"));
      expect(docker.leftovers()).toEqual([]);
      expect(readdirSync("/run")).not.toContain("k8snet-lab-docker");
    },
  );
});
