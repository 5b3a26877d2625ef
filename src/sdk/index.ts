export {
  type AgentSession,
  type AgentSessionOptions,
  createAgentSession,
  type MintedToken,
  type MintOptions,
  type TaskChoice,
} from './agent-session.ts';
export type {
  CallArguments,
  CallId,
  CallOptions,
  CallResult,
  ItemOf,
  ListId,
} from './call-types.ts';
export { type Client, type ClientOptions, createClient, type StreamAnswer } from './client.ts';
export { CountersignError, type LocalErrorCode } from './error.ts';
export { type GeneratedKey, generateAgentKey } from './generate-key.ts';
export type {
  OperationAnswer,
  OperationRecord,
  Operations,
  OperationWish,
} from './operations.ts';
export type { Introspection } from './oauth-schemas.ts';
export { type PendingApproval, pendingApproval } from './pending-approval.ts';
export type { PrivateJwk, SigningAlgorithm } from './private-key.ts';
export {
  createResourceServerSession,
  type ResourceServerOptions,
  type ResourceServerSession,
} from './resource-server-session.ts';
