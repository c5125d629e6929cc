// A portal that begins a pairing and acts in it. It knows docs/contract.md and its JSON Schemas, and nothing else.
//
// node build/portal.js SCHEMAS START ADDRESS TASK_QUEUE: prints what it was told, as one JSON object.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ApplicationFailure,
  Client,
  Connection,
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdReusePolicy,
  WorkflowUpdateFailedError,
  type WorkflowHandle,
} from '@temporalio/client';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

interface Receipt {
  stream: string;
  first: number;
  last: number;
  events: string[];
  duplicate?: boolean;
}

const [schemas, startFile, address, taskQueue] = process.argv.slice(2) as [string, string, string, string];
const ajv = new Ajv2020({ strict: false, useDefaults: false });
addFormats.default(ajv);

function valid<T>(schema: string, message: unknown): T {
  const check = ajv.compile(JSON.parse(readFileSync(join(schemas, schema), 'utf8')));
  if (!check(message)) throw new Error(`not by ${schema}: ${ajv.errorsText(check.errors)}`);
  return message as T;
}

async function act(pairing: WorkflowHandle, name: string, message: unknown): Promise<Receipt> {
  const sent = valid(`pairing/${name}.update.json`, message);
  return valid('receipt.json', await pairing.executeUpdate<Receipt, [unknown]>(name, { args: [sent] }));
}

async function report(pairing: WorkflowHandle, name: string, message: unknown): Promise<void> {
  await pairing.signal<[unknown]>(name, valid(`pairing/${name}.signal.json`, message));
}

async function refusal(refused: Promise<unknown>): Promise<{ type: string; message: string; because: string }> {
  try {
    await refused;
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) {
      const { type, message, cause } = error.cause;
      return { type: type ?? '', message, because: cause?.message ?? '' };
    }
    throw error;
  }
  throw new Error('this should have been refused');
}

async function begin(client: Client): Promise<string> {
  const start = valid<{ create: { cohort: string; pairing: string } }>(
    'pairing/start.json',
    JSON.parse(readFileSync(startFile, 'utf8')),
  );
  const workflowId = `pairing/${start.create.cohort}/${start.create.pairing}`;
  const once = () =>
    client.workflow.start('PairingWorkflow', {
      workflowId,
      taskQueue,
      args: [start],
      workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
    });
  await once();
  try {
    await once();
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return workflowId;
    throw error;
  }
  throw new Error('a pairing began twice');
}

async function version(pairing: WorkflowHandle, atLeast: number): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const found = await pairing.query<number>('version');
    if (found >= atLeast) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the pairing did not get to version ${atLeast}`);
}

const mentor = { role: 'mentor', id: 'P032' };
const mentee = { role: 'mentee', id: 'P031' };
const learning = { role: 'service', id: 'lms' };

const connection = await Connection.connect({ address });
const client = new Client({ connection });
const pairing = client.workflow.getHandle(await begin(client));
await version(pairing, 2); // created, offered

const accepted = await act(pairing, 'accept_offer', { by: mentor, key: 'tap-1' });
const again = await act(pairing, 'accept_offer', { by: mentor, key: 'tap-1' });
const stranger = await refusal(act(pairing, 'accept_offer', { by: { ...mentee, id: 'P099' }, key: 'tap-2' }));
const early = await refusal(act(pairing, 'sign_agreement', { by: mentor, key: 'sign-1', skill: 3 }));
const malformed = await refusal(pairing.executeUpdate('accept_offer', { args: [{ by: mentee }] }));
const unknown = await refusal(pairing.executeUpdate('no_such_update', { args: [{ by: mentee, key: 'k' }] }));
await act(pairing, 'accept_offer', { by: mentee, key: 'tap-3' });

await pairing.signal('training_completed', { by: learning });
await pairing.signal('no_such_signal', { by: learning, key: 'k' });
for (const side of ['mentor', 'mentor', 'mentee']) {
  await report(pairing, 'training_completed', { by: learning, key: `lms-${side}`, side });
}
const trained = await version(pairing, 7);
await connection.close();
console.log(JSON.stringify({ accepted, again, stranger, early, malformed, unknown, trained }));
