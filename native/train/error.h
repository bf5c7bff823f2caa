// The one error that training throws. The addon turns it into a TrainingError with the same code.
#pragma once

#include <stdexcept>
#include <string>

namespace lorikeet::train {

enum class ErrorCode {
  kFileUnreadable,    // missing, truncated or no GGUF file
  kModelUnsupported,  // architecture, tensor type or shape that training does not know
  kDeviceUnavailable,
  kOutOfMemory,
  kBadOption,
  kBadBatch,       // token, position or length outside the model's limits
  kLossNotFinite,  // the step was not applied
  kWriteFailed,    // disk full or unwritable; what was there before is untouched
  kCheckpointUnreadable,
  kCheckpointMismatch,  // made by a run with other options, model or data
  kComputeFailed,
};

// The code's spelling at the boundary, such as "TRAINING_LOSS_NOT_FINITE".
const char* Name(ErrorCode code);

class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ErrorCode code() const { return code_; }

 private:
  ErrorCode code_;
};

}  // namespace lorikeet::train
