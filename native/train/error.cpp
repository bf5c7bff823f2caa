#include "train/error.h"

namespace lorikeet::train {

const char* Name(ErrorCode code) {
  switch (code) {
    case ErrorCode::kFileUnreadable:
      return "TRAINING_FILE_UNREADABLE";
    case ErrorCode::kModelUnsupported:
      return "TRAINING_MODEL_UNSUPPORTED";
    case ErrorCode::kDeviceUnavailable:
      return "TRAINING_DEVICE_UNAVAILABLE";
    case ErrorCode::kOutOfMemory:
      return "TRAINING_OUT_OF_MEMORY";
    case ErrorCode::kBadOption:
      return "TRAINING_OPTION_INVALID";
    case ErrorCode::kBadBatch:
      return "TRAINING_BATCH_INVALID";
    case ErrorCode::kLossNotFinite:
      return "TRAINING_LOSS_NOT_FINITE";
    case ErrorCode::kWriteFailed:
      return "TRAINING_WRITE_FAILED";
    case ErrorCode::kCheckpointUnreadable:
      return "TRAINING_CHECKPOINT_UNREADABLE";
    case ErrorCode::kCheckpointMismatch:
      return "TRAINING_CHECKPOINT_MISMATCH";
    case ErrorCode::kComputeFailed:
      return "TRAINING_COMPUTE_FAILED";
  }
  return "TRAINING_UNKNOWN";
}

}  // namespace lorikeet::train
