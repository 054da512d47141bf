import type { ErrorShape, ServiceModel } from './codec/model.ts';
import { Readers } from './codec/reader.ts';
import type { Read } from './codec/reader.ts';
import { Violation, violationError } from './codec/violation.ts';
import { Writers } from './codec/writer.ts';
import type { Write } from './codec/writer.ts';
import { ServiceError } from './errors.ts';
import { SERVICE_NAMES, modelOf } from './models.ts';
import type { ServiceName } from './models.ts';

/**
 * One operation with its compiled codecs, each made at first use. Values on the wire's side are parsed JSON;
 * values on ours have dates and bytes.
 */
export class Operation {
  readonly service: Service;
  readonly name: string;
  /** Modelled errors; the common ones (COMMON_ERRORS) may come as well. */
  readonly errors: readonly string[];
  readonly #input: string | undefined;
  readonly #output: string | undefined;
  #readRequest: Read | undefined;
  #writeResponse: Write | undefined;

  constructor(service: Service, name: string) {
    const model = service.model.operations[name];
    if (model === undefined) throw new Error(`${service.name} has no operation ${name}`);
    this.service = service;
    this.name = name;
    this.errors = model.errors;
    this.#input = model.input;
    this.#output = model.output;
  }

  /** The name of the input shape, absent when the operation takes nothing. */
  get input(): string | undefined {
    return this.#input;
  }

  get output(): string | undefined {
    return this.#output;
  }

  /**
   * Server: the checked input of a request. Unknown members are dropped, null ones count as absent.
   * Throws a ServiceError that names the member: SerializationException for a wrong JSON type, else what the service
   * answers to a missing or bad value.
   */
  readInput(value: unknown): unknown {
    if (this.#input === undefined) return {};
    this.#readRequest ??= this.service.strict.of(this.#input);
    try {
      return this.#readRequest(value, 0);
    } catch (error) {
      throw error instanceof Violation ? violationError(this.service.name, this.name, error) : error;
    }
  }

  /** Server: the JSON value of an output; undefined when the operation answers nothing. */
  writeOutput(output: unknown): unknown {
    if (this.#output === undefined) return undefined;
    this.#writeResponse ??= this.service.writers.of(this.#output);
    return this.#writeResponse(output ?? {});
  }

  /** Client: the JSON value of an input. The server checks it. */
  writeInput(input: unknown): unknown {
    return this.#input === undefined ? {} : this.service.writers.of(this.#input)(input ?? {});
  }

  /** Client: the typed output. Throws a TypeError when the answer's JSON types are not the model's. */
  readOutput(value: unknown): unknown {
    if (this.#output === undefined) return {};
    try {
      return this.service.lenient.of(this.#output)(value ?? {}, 0);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      const { message } = violationError(this.service.name, this.name, error);
      throw new TypeError(`the answer to ${this.service.name} ${this.name} is not what its model says: ${message}`);
    }
  }
}

/** A service we speak. Its model is loaded at first use. */
export class Service {
  readonly name: ServiceName;
  readonly #operations = new Map<string, Operation>();
  #strict: Readers | undefined;
  #lenient: Readers | undefined;
  #writers: Writers | undefined;

  constructor(name: ServiceName) {
    this.name = name;
  }

  get model(): ServiceModel {
    return modelOf(this.name);
  }

  get strict(): Readers {
    return (this.#strict ??= new Readers(this.model, 'strict'));
  }

  get lenient(): Readers {
    return (this.#lenient ??= new Readers(this.model, 'lenient'));
  }

  get writers(): Writers {
    return (this.#writers ??= new Writers(this.model));
  }

  operationNames(): readonly string[] {
    return Object.keys(this.model.operations);
  }

  /** The operation of that name, whatever the text: `constructor` is no operation. */
  operation(name: string): Operation | undefined {
    const known = this.#operations.get(name);
    if (known !== undefined) return known;
    if (!Object.hasOwn(this.model.operations, name)) return undefined;
    const operation = new Operation(this, name);
    this.#operations.set(name, operation);
    return operation;
  }

  /** The modelled error of that name. */
  errorShape(code: string): ErrorShape | undefined {
    return Object.hasOwn(this.model.errors, code) ? this.model.errors[code] : undefined;
  }
}

export const SERVICES: Readonly<Record<ServiceName, Service>> = {
  ecs: new Service('ecs'),
  logs: new Service('logs'),
  sts: new Service('sts'),
  iam: new Service('iam'),
  ssm: new Service('ssm'),
  secretsmanager: new Service('secretsmanager'),
  cloudtrail: new Service('cloudtrail'),
  elasticloadbalancing: new Service('elasticloadbalancing'),
  ec2: new Service('ec2'),
  elasticfilesystem: new Service('elasticfilesystem'),
  scheduler: new Service('scheduler'),
  s3: new Service('s3'),
  gantry: new Service('gantry'),
};

/**
 * The answer of an operation that is in the model but has no handler: the nearest modelled error, naming the operation
 * and the page that lists what is served.
 */
export function notServed(operation: Operation): ServiceError {
  const code = ['UnsupportedFeatureException', 'ClientException', 'ValidationException', 'BadRequest'].find((name) =>
    operation.errors.includes(name),
  );
  return new ServiceError(
    code ?? 'UnknownOperationException',
    `${operation.name} is not served by Gantry yet. docs/operations.md lists the operations that are.`,
  );
}

/** Known without loading a model; a test holds them against the models. */
const TARGETS: ReadonlyMap<string, ServiceName> = new Map<string, ServiceName>([
  ['AmazonEC2ContainerServiceV20141113', 'ecs'],
  ['Logs_20140328', 'logs'],
  ['AmazonSSM', 'ssm'],
  ['secretsmanager', 'secretsmanager'],
  ['com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101', 'cloudtrail'],
  ['Gantry_20261101', 'gantry'],
]);

/** `AmazonEC2ContainerServiceV20141113`, or a whole `X-Amz-Target` with `.RunTask` behind it. */
export function serviceByTarget(target: string): Service | undefined {
  // CloudTrail's own target has dots in it.
  const name = TARGETS.get(target) ?? TARGETS.get(target.slice(0, Math.max(0, target.lastIndexOf('.'))));
  return name === undefined ? undefined : SERVICES[name];
}

/** By the service name in a SigV4 credential scope. Here it is the service's own name throughout. */
export function serviceBySigningName(signingName: string): Service | undefined {
  return SERVICE_NAMES.find((name) => name === signingName) === undefined
    ? undefined
    : SERVICES[signingName as ServiceName];
}
