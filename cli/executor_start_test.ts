import { assertEquals } from "@std/assert";
import { runCode } from "../tests/kit/run_code.ts";

const START = new URL("./executor_start.ts", import.meta.url).href;

Deno.test("startExecutor() lets no process of its user read its memory before it talks to the agent", async () => {
  // In a process of its own, whose memory no debugger could read afterwards.
  const dumpable = await runCode(`
    import { startExecutor } from "${START}";
    const PR_GET_DUMPABLE = 3;
    const libc = Deno.dlopen("libc.so.6", {
      prctl: { parameters: ["i32", "u64", "u64", "u64", "u64"], result: "i32" },
    });
    const isDumpable = () => libc.symbols.prctl(PR_GET_DUMPABLE, 0n, 0n, 0n, 0n);
    const before = isDumpable();
    const system = {
      environment: {
        MESOS_AGENT_ENDPOINT: "127.0.0.1:1",
        MESOS_FRAMEWORK_ID: "f",
        MESOS_EXECUTOR_ID: "e",
        MESOS_SLAVE_ID: "a",
        MESOS_DIRECTORY: "/tmp",
        MESOS_SANDBOX: "/tmp",
      },
      configureLogging() {},
      loadExecutorDriver: () => Promise.resolve(() => {
        console.log(before, isDumpable());
        Deno.exit(0);
      }),
    };
    await startExecutor({ logLevel: "INFO", logFormat: "text" }, system);
  `);
  assertEquals(dumpable, "1 0\n");
});
