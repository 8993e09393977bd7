/** Containers of images: what they run here, and where a stand-in answers. */
import { describe, expect, test } from "vitest";
import { loadLabText } from "../../../../src/load/load-lab.ts";
import { commandPrograms, programPath } from "../../../../src/kube/pod/command-programs.ts";
import { planResources } from "../../../../src/plan/plan-lab.ts";
import { clusterLab } from "../../load/diagnose.ts";

function built(...manifests: readonly string[]) {
  const { lab, warnings } = loadLabText(clusterLab("    nodes: [n1]", ...manifests), "lab.yaml");
  const resources = planResources(lab);
  return {
    resources,
    pods: lab.clusters[0]?.pods.filter(({ namespace }) => namespace === "default") ?? [],
    servers: resources.flatMap((one) =>
      one.kind === "server" && one.ns === "default/p" ? [`${one.port}/${one.protocol}`] : [],
    ),
    processes: resources.flatMap((one) => (one.kind === "process" ? [one.argv.join(" ")] : [])),
    warnings: warnings.map(({ message, source }) => `${source?.line} ${message}`),
  };
}

const pod = (container: string, spec = ""): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: { name: p, labels: { app: p } }\nspec: { containers: [${container}]${spec} }`;
const service = (ports: string): string =>
  `apiVersion: v1\nkind: Service\nmetadata: { name: s }\nspec: { selector: { app: p }, ports: [${ports}] }`;

describe("the command of an image", () => {
  test.each([
    ["a program that is not there", "[./no-such-program, --port=9898]", "/no-such-program"],
    ["a path that is not there", "[/opt/no-such/server]", "/opt/no-such/server"],
    ["a shell's script that runs one", '[sh, -c, "echo x; exec /opt/no-such/server --x"]', "/opt/no-such/server"],
    ["flags of a shell in one word", '[sh, -ec, "exec /opt/no-such/server"]', "/opt/no-such/server"],
    [
      "a script longer than a path may be",
      `[sh, -xce, "# ${"x".repeat(300)}\\nexec /opt/no-such/server"]`,
      "/opt/no-such/server",
    ],
    ["a file that a shell reads", "[sh, -e, /opt/no-such/start.sh]", "/opt/no-such/start.sh"],
    ["a word that is no path", `[python3, "/${"x".repeat(300)}"]`, `/${"x".repeat(300)}`],
    ["an interpreter's script", "[sh, /opt/no-such/start.sh]", "/opt/no-such/start.sh"],
    ["a script beside the image's", "[sh, start-no-such.sh]", "/start-no-such.sh"],
  ])("%s: the built-in server stands in for it, which is reported once", (_, command, missing) => {
    const { pods, servers, processes, warnings } = built(
      pod(
        `{ name: c, image: x, command: ${command}, ports: [{ containerPort: 9898 }], readinessProbe: { exec: { command: [x] } } }, { name: d, image: x, command: ${command} }`,
      ),
    );
    expect(pods[0]?.containers.every((container) => container.command === undefined)).toBe(true);
    expect(pods[0]?.ready).toBe(true);
    expect(servers).toEqual(["9898/tcp"]);
    expect(processes).toEqual([]);
    expect(warnings).toEqual([`11 this machine has no ${missing}: the built-in server stands in for 2 containers`]);
  });

  test.each([
    ["an image's program that is there", "image: busybox, command: [sleep, infinity]", "sleep infinity"],
    [
      "an image's script whose programs are there",
      'image: busybox, command: [sh, -c, "while true; do sleep 1; done"]',
      "sh -c while true; do sleep 1; done",
    ],
    ["no image: what the lab says, there or not", "command: [./no-such-program]", "./no-such-program"],
  ])("%s is run", (_, container, argv) => {
    const { processes, warnings } = built(pod(`{ name: c, ${container} }`));
    expect(processes).toEqual([argv]);
    expect(warnings).toEqual([]);
  });

  test("a program that an init container would have copied into a volume is not there", () => {
    const mount = "volumeMounts: [{ name: bin, mountPath: /own }]";
    const init = `, volumes: [{ name: bin, emptyDir: {} }], initContainers: [{ name: cp, image: x, command: [cp, /x, /own/x], ${mount} }]`;
    const { processes, servers } = built(
      pod(`{ name: c, image: x, command: [/own/x], ${mount}, ports: [{ containerPort: 81 }] }`, init),
    );
    expect([processes, servers]).toEqual([[], ["81/tcp"]]);
  });

  test("a program that a volume holds is there", () => {
    const { processes, warnings } = built(
      pod(
        "{ name: c, image: x, command: [sh, /x/run], volumeMounts: [{ name: v, mountPath: /x }] }",
        ", volumes: [{ name: v }]",
      ),
    );
    expect(processes).toEqual(["sh /x/run"]);
    expect(warnings).toEqual([]);
  });

  test("what a lab was built with stays so", () => {
    const text = clusterLab("    nodes: [n1]", pod("{ name: c, image: x, command: [no-such-program] }"));
    expect(loadLabText(text, "lab.yaml").sources.lacking).toEqual(["no-such-program"]);
    expect(loadLabText(text.replace("no-such-program", "sleep"), "lab.yaml").sources.lacking).toBeUndefined();
  });

  test("machines in containers have the programs of their image", () => {
    const run = (command: string) =>
      loadLabText(clusterLab("    nodes: [n1]", pod(`{ name: c, image: x, command: [${command}] }`)), "lab.yaml", {
        inContainers: true,
      }).lab.clusters[0]?.pods[0]?.containers[0]?.command;
    expect(run("nginx")).toEqual(["nginx"]);
    expect(run("/bin/sh, -c, sleep 1")).toEqual(["/bin/sh", "-c", "sleep 1"]);
    expect(run("postgres")).toBeUndefined();
  });
});

test.each([
  [["nginx", "-g", "daemon off;"], ["nginx"]],
  [["python3", "-m", "http.server"], ["python3"]],
  [
    ["python3", "app.py"],
    ["python3", "app.py"],
  ],
  [
    ["java", "-jar", "/app.jar"],
    ["java", "/app.jar"],
  ],
  [
    ["/bin/sh", "-ec", "A=1 exec redis-server \"$X\" || { echo 'a; b'; exit 1; }"],
    ["/bin/sh", "redis-server"],
  ],
  [
    ["bash", "-c", "if [ -f x ]; then /a/b; else c-d; fi"],
    ["bash", "/a/b", "c-d"],
  ],
  [
    ["bash", "-c", "F=${A}/x; run_it() {\n  cat <<EOF > ${F}\nkey = ${B}\n  other\nEOF\n  /a/b ${C:-d}\n}\nrun_it"],
    ["bash", "cat", "/a/b"],
  ],
  [
    ["sh", "-c", "$APP --x # and;so on\n./run.sh"],
    ["sh", "./run.sh"],
  ],
])("programs of %j", (argv, programs) => expect(commandPrograms(argv)).toEqual(programs));

test("paths are the container's", () => {
  expect(programPath("./podinfo", "/home/app")).toBe("/home/app/podinfo");
  expect(programPath("app.py", "/")).toBe("/app.py");
  expect(programPath("nginx", "/srv")).toBe("nginx");
});

describe("ports that no container declares", () => {
  test("numeric target ports of Services, also the Service's own port, and probes' ports", () => {
    const { servers } = built(
      pod(
        "{ name: c, livenessProbe: { httpGet: { port: 8081 } }, startupProbe: { tcpSocket: { port: 8082 } }, readinessProbe: { httpGet: { port: 8083 } } }",
      ),
      service(
        "{ name: a, port: 80 }, { name: b, port: 81, targetPort: 8080 }, { name: c, port: 53, protocol: UDP }, { name: d, port: 82, targetPort: web }",
      ),
    );
    expect(servers.toSorted()).toEqual(["53/udp", "80/tcp", "8080/tcp", "8081/tcp", "8082/tcp", "8083/tcp"].toSorted());
  });

  test("probes of the loopback ask pods of the node's network, and no others", () => {
    const asks = (host: string): string =>
      `{ name: c, readinessProbe: { httpGet: { port: 9, path: /x, host: ${host} } }, livenessProbe: { tcpSocket: { port: 8, host: ${host} } } }`;
    const onNode = ["localhost", "127.0.0.1", '"::1"', "10.0.0.1"].map((host) => {
      const { resources } = built(pod(asks(host), ", hostNetwork: true"));
      return resources.flatMap((one) =>
        one.kind === "server" && one.ns === "n1" ? [`${one.port} ${one.probed?.join() ?? ""}`] : [],
      );
    });
    expect(onNode.map((all) => all.toSorted())).toEqual([...Array.from({ length: 3 }, () => ["8 ", "9 /x"]), []]);
    expect(built(pod(asks("127.0.0.1"))).servers).toEqual([]);
  });

  test("not where a program runs in the pod, nor where a Service selects others", () => {
    expect(built(pod("{ name: c }, { name: d, command: [sleep, infinity] }"), service("{ port: 80 }")).servers).toEqual(
      [],
    );
    expect(built(pod("{ name: c }"), service("{ port: 80 }").replace("app: p", "app: q")).servers).toEqual([]);
  });

  test("not where the lab file itself says what the pod serves", () => {
    const nodes = "    nodes: [n1]\n  topology: { nodes: { pod/p: { servers: [81] } } }";
    const { lab } = loadLabText(clusterLab(nodes, pod("{ name: c }"), service("{ port: 80 }")), "lab.yaml");
    expect(lab.clusters[0]?.pods[0]?.containers[0]?.ports).toEqual([]);
  });

  test("a sidecar's ports and probes are served, an init container's are not", () => {
    const { servers } = built(
      pod(
        "{ name: c }",
        ", initContainers: [{ name: i, ports: [{ containerPort: 1 }] }, { name: s, restartPolicy: Always, ports: [{ containerPort: 2 }], startupProbe: { tcpSocket: { port: 3 } } }]",
      ),
    );
    expect(servers.toSorted()).toEqual(["2/tcp", "3/tcp"]);
  });
});
