// Run by Node: calls of node-taobao-topclient against a base URL, as JSON.
const job = JSON.parse(require("fs").readFileSync(0, "utf8"));
const RealDate = Date;
const offset = job.now * 1000 - RealDate.now();
// The client tells the sandbox's time; how it writes a time stays its own.
global.Date = class extends RealDate {
  constructor(...given) {
    super(...(given.length ? given : [RealDate.now() + offset]));
  }
};
const found = require("node-taobao-topclient");
const TopClient = found.TopClient || found.default || found;
const client = new TopClient({ appkey: job.app_key, appsecret: job.app_secret, REST_URL: job.base_url });

(async () => {
  const answers = [];
  for (const [method, params] of job.calls)
    answers.push(await client.invoke(method, { ...params, session: job.session }, [], null, "POST"));
  process.stdout.write(JSON.stringify(answers));
})();
