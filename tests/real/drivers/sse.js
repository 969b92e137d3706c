// Follows operations with graphql-sse (distinct connections).
// Job on stdin: {url, token, operations: [{query, until}]}; until: the kind of progress
// after which it goes.
const { createClient } = require("graphql-sse");

async function follow(job, { query, until }) {
  const client = createClient({
    url: job.url,
    headers: { Authorization: `Bearer ${job.token}` },
    retryAttempts: 0,
  });
  const results = [];
  try {
    for await (const result of client.iterate({ query })) {
      results.push(result);
      if (until && result.data?.syncProgress.kind === until) break;
    }
    return { results };
  } catch (error) {
    return { results, status: error.response?.status, error: error.message };
  } finally {
    client.dispose();
  }
}

async function main() {
  let text = "";
  for await (const chunk of process.stdin) text += chunk;
  const job = JSON.parse(text);
  const answers = [];
  for (const operation of job.operations) answers.push(await follow(job, operation));
  console.log(JSON.stringify(answers));
}

main();
