// Folding adapters into weights: see NativeMergeRows in src/native/addon.ts.
#pragma once

#include <napi.h>

namespace lorikeet::addon {

// mergeRows(source: NativeMergeRows): Promise<Uint8Array>
Napi::Value MergeRows(const Napi::CallbackInfo& info);

}  // namespace lorikeet::addon
