// One decode call being put together: tokens of several sequences, and which of them give logits.
#pragma once

#include <cstddef>
#include <vector>

#include "llama.h"

namespace lorikeet::engine {

class DecodeBatch {
 public:
  size_t size() const { return tokens_.size(); }
  // Rows that ask for logits.
  size_t outputs() const { return outputs_; }

  // Returns the row's index, by which llama_get_logits_ith finds its logits.
  int Add(llama_token token, llama_pos position, llama_seq_id sequence, bool logits) {
    tokens_.push_back(token);
    positions_.push_back(position);
    sequences_.push_back(sequence);
    logits_.push_back(logits ? 1 : 0);
    outputs_ += logits ? 1 : 0;
    return static_cast<int>(tokens_.size()) - 1;
  }

  // Valid until the next Add or Clear.
  llama_batch Get() {
    counts_.assign(size(), 1);
    sequence_lists_.resize(size());
    for (size_t i = 0; i < size(); i++) sequence_lists_[i] = &sequences_[i];
    llama_batch batch{};
    batch.n_tokens = static_cast<int32_t>(size());
    batch.token = tokens_.data();
    batch.pos = positions_.data();
    batch.n_seq_id = counts_.data();
    batch.seq_id = sequence_lists_.data();
    batch.logits = logits_.data();
    return batch;
  }

 private:
  std::vector<llama_token> tokens_;
  std::vector<llama_pos> positions_;
  std::vector<llama_seq_id> sequences_;
  std::vector<int8_t> logits_;
  std::vector<int32_t> counts_;
  std::vector<llama_seq_id*> sequence_lists_;
  size_t outputs_ = 0;
};

}  // namespace lorikeet::engine
