/**
 * Runs the built Worker on Miniflare, without wrangler, until it is told to end.
 * In: what to run, as JSON on standard input: the folder of the Worker and Miniflare's own words for
 * all else. Secrets are in it, so it stands on no command line. Out: what the Worker prints, line by
 * line, errors on standard error; exit status 1 where workerd cannot be started, or dies too often.
 */
import { text } from "node:stream/consumers";
import { Log, LogLevel, Miniflare } from "miniflare";
import { modulesOf } from "./modules.mjs";

// More often than this it dies of something that another start does not mend.
const MOST_DEATHS = 5;
const WITHIN_MS = 60_000;

const { folder, host, port, data, config } = JSON.parse(await text(process.stdin));

/** @type {number[]} */
const deaths = [];
let ending = false;

/** @param {string} why */
function giveUp(why) {
  if (ending) return;
  console.error(`easel: ${why}`);
  process.exit(1);
}

/** Miniflare starts a workerd that died once more by itself, and says so by a warning alone. */
class Told extends Log {
  /** @override @param {string} message */
  warn(message) {
    if (!message.includes("crashed unexpectedly")) return;
    const now = Date.now();
    deaths.push(now);
    if (deaths.filter((moment) => moment > now - WITHIN_MS).length > MOST_DEATHS) {
      giveUp(`workerd died ${MOST_DEATHS + 1} times within ${WITHIN_MS / 1000} seconds`);
    }
    console.error("easel: workerd died and is started again");
  }

  /** @override @param {Error} error */
  error(error) {
    if (error.message.includes("failed to restart"))
      giveUp("workerd died and does not start again");
    else console.error(error.message);
  }
}

function start() {
  return new Miniflare({
    host,
    port,
    cf: false,
    logRequests: false,
    // Else it keeps, and watches, a folder of the home directory, which a service may not have.
    enableDevRegistry: false,
    log: new Told(LogLevel.WARN),
    resourcePersistencePath: data,
    handleStructuredLogs({ level, message }) {
      if (level === "error" || level === "warn") console.error(message);
      else console.log(message);
    },
    workers: [
      { config: { ...config, manifest: { mainModule: "entry.py", modules: modulesOf(folder) } } },
    ],
  });
}

try {
  const miniflare = start();
  const end = async () => {
    if (ending) return;
    ending = true;
    await miniflare.dispose();
    process.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => void end());
  await miniflare.ready;
} catch (error) {
  giveUp(error instanceof Error ? error.message : String(error));
}
