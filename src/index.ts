export * from "./errors.js";
export * from "./messages.js";
export { loadModel, type LoadModelOptions } from "./engine/load-model.js";
export { Model, type ContextOptions } from "./engine/model.js";
export { Adapter } from "./engine/adapter.js";
export { Context, type ContextStats } from "./engine/context.js";
export type { TokenCounts } from "./engine/engine.js";
export { TextGeneration, type GenerateOptions, type TextResult } from "./engine/text-generation.js";
export type { SamplingOptions } from "./engine/sampling.js";
export { listDevices, readFileInfo, type Device, type FileInfo } from "./engine/file-info.js";
export type { GpuOption } from "./native/gpu.js";
export { exportPeft, type ExportPeftOptions } from "./formats/peft/export-peft.js";
export { tool, type Tool, type ToolContext, type ToolOptions } from "./tools/tool.js";
export type { ToolSource } from "./tools/tool-set.js";
export { jsonSchema, type InferInput, type Schema, type SchemaSource } from "./schema/schema.js";
export { Grammar } from "./grammar/grammar.js";
export type {
  GbnfGrammarSource,
  GrammarSource,
  SchemaGrammarSource,
  SchemaRules,
} from "./grammar/grammar-source.js";
export type { ValueSyntax } from "./grammar/call-grammar.js";
export { createSession, Session, type InferOutput } from "./session/session.js";
export type { CallResult, TurnInput } from "./session/turn-input.js";
export type {
  Approval,
  ApproveCall,
  SessionLimits,
  SessionOptions,
  ToolChoice,
  TurnOptions,
} from "./session/options.js";
export type { Summarize } from "./session/shown.js";
export type {
  FinishedCall,
  SessionEvent,
  StepEndReason,
  TurnEndReason,
  TurnResult,
  Usage,
} from "./session/events.js";
export type { SessionSnapshot } from "./session/snapshot.js";
export {
  parseConversation,
  printConversation,
  type Conversation,
  type ConversationShape,
} from "./formats/conversation.js";
export { defineDialect } from "./dialects/define-dialect.js";
export type {
  DialectOptions,
  TurnOptions as DialectTurnOptions,
} from "./dialects/dialect-options.js";
export {
  detectDialect,
  dialectNames,
  type DetectedDialect,
  type DialectChoice,
  type DialectName,
} from "./dialects/resolve-dialect.js";
export type {
  Dialect,
  DialectDefinition,
  DialectModel,
  DialectVocabulary,
} from "./dialects/dialect.js";
export {
  trainAdapter,
  TrainingRun,
  type RunEndEvent,
  type RunStartEvent,
  type TrainingEvent,
  type TrainingResult,
  type TrainingVerdict,
} from "./training/train-adapter.js";
export {
  mergeAdapter,
  type MergeAdapterOptions,
  type MergedModel,
} from "./training/merge/merge-adapter.js";
export type {
  CheckpointWriteEvent,
  EvaluationEndEvent,
  StepEndEvent,
} from "./training/run-training.js";
export type {
  LoraOptions,
  LossOn,
  TargetModule,
  TrainAdapterOptions,
  TrainingOptions,
} from "./training/options.js";
export type { DataIssue } from "./training/examples.js";
export type {
  EvaluationCase,
  ExpectedArgument,
  ExpectedCall,
  ExpectedInput,
} from "./training/evaluation/cases.js";
export { parseEvaluationCases } from "./training/evaluation/cases.js";
export { parseBfclCases, type BfclFiles } from "./training/evaluation/bfcl.js";
export { loadEvaluationCases } from "./training/evaluation/load-cases.js";
export {
  judgeCalls,
  type Fault,
  type FaultReason,
  type MadeCall,
  type Verdict,
} from "./training/evaluation/judge-calls.js";
export {
  evaluate,
  type CaseAnswer,
  type CaseResult,
  type CaseRunner,
  type EvaluateOptions,
  type Evaluation,
  type EvaluationTotals,
} from "./training/evaluation/evaluate.js";
export {
  compareEvaluations,
  type EvaluationComparison,
} from "./training/evaluation/compare-evaluations.js";
export type { Contestant, EvaluationReport } from "./training/evaluation/report/report.js";
export { printEvaluationPage } from "./training/evaluation/report/print-page.js";
export { printEvaluationTable } from "./training/evaluation/report/print-table.js";
export { readTrainingRecord, type TrainingRecord } from "./training/training-record.js";
export { sessionRunner, type SessionRunnerOptions } from "./training/evaluation/session-runner.js";
