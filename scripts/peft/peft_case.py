"""A case folder as a PEFT model in F32, and what PEFT makes of it.

  python peft_case.py record FOLDER   trains, prints losses and gradient norms, saves the adapter
  python peft_case.py logits FOLDER   prints nothing; writes logits.safetensors

A case folder holds `case.json` (the model's sizes, rows of tokens, the settings of a run),
`base.safetensors` (the model under GGUF's names) and `adapter/` (a PEFT folder).
Needs torch, transformers and peft.
"""

import json
import math
import sys
from pathlib import Path

import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file
from transformers import (
    Gemma2Config,
    Gemma2ForCausalLM,
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    Gemma4ForCausalLM,
    Gemma4TextConfig,
)

MODEL_NAMES = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "per_layer_token_embd.weight": "model.embed_tokens_per_layer.weight",
    "per_layer_model_proj.weight": "model.per_layer_model_projection.weight",
    "per_layer_proj_norm.weight": "model.per_layer_projection_norm.weight",
}
LAYER_NAMES = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "attn_norm": "input_layernorm",
    "post_attention_norm": "post_attention_layernorm",
    "ffn_norm": "pre_feedforward_layernorm",
    "post_ffw_norm": "post_feedforward_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
    "inp_gate": "per_layer_input_gate",
    "proj": "per_layer_projection",
    "post_norm": "post_per_layer_input_norm",
}


def new_base(case):
    sizes = case["model"]
    interval = sizes["fullAttentionInterval"]
    layers = range(sizes["layerCount"])
    kinds = ["sliding_attention" if i % interval < interval - 1 else "full_attention" for i in layers]
    common = dict(
        vocab_size=sizes["vocabularySize"],
        hidden_size=sizes["embeddingLength"],
        intermediate_size=sizes["feedForwardLength"],
        num_hidden_layers=sizes["layerCount"],
        num_attention_heads=sizes["headCount"],
        num_key_value_heads=sizes["headCountKv"],
        head_dim=sizes["headLength"],
        sliding_window=sizes["slidingWindow"],
        max_position_embeddings=sizes["contextLength"],
        rms_norm_eps=1e-6,
        layer_types=kinds,
        attn_implementation="eager",
    )
    if sizes["architecture"] == "gemma2":
        common["query_pre_attn_scalar"] = sizes["headLength"]
        rope = {"rope_type": "default", "rope_theta": 10000.0}
        return Gemma2ForCausalLM(Gemma2Config(rope_parameters=rope, **common))
    rope = {
        "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0},
        "full_attention": {"rope_type": "default", "rope_theta": 1000000.0},
    }
    if sizes["architecture"] == "gemma3":
        common["query_pre_attn_scalar"] = sizes["headLength"]
        return Gemma3ForCausalLM(Gemma3TextConfig(rope_parameters=rope, **common))
    rope["full_attention"]["rope_type"] = "proportional"
    rope["full_attention"]["partial_rotary_factor"] = sizes["rotatedPart"]
    return Gemma4ForCausalLM(
        Gemma4TextConfig(
            rope_parameters=rope,
            global_head_dim=sizes["fullHeadLength"],
            use_double_wide_mlp=sizes["doubleWideShared"],
            num_kv_shared_layers=sizes["sharedKvLayers"],
            hidden_size_per_layer_input=sizes["perLayerLength"],
            vocab_size_per_layer_input=sizes["vocabularySize"],
            final_logit_softcapping=30.0,
            **common,
        )
    )


def hugging_face_name(name):
    if name in MODEL_NAMES:
        return MODEL_NAMES[name]
    _, layer, weight, _ = name.split(".")
    if weight == "layer_output_scale":
        return f"model.layers.{layer}.layer_scalar"
    return f"model.layers.{layer}.{LAYER_NAMES[weight]}.weight"


def load_model(folder, case, trainable):
    model = new_base(case).float()
    state = {}
    for name, values in load_file(folder / "base.safetensors").items():
        if name == "rope_freqs.weight":
            continue  # said by the configuration
        # Norms of Gemma 2 and 3 multiply by 1 + weight; GGUF files hold the sum.
        shifted = values.dim() == 1 and case["model"]["architecture"] != "gemma4"
        state[hugging_face_name(name)] = values - 1 if shifted else values
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert not unexpected and set(missing) <= {"lm_head.weight"}, (missing, unexpected)
    model.tie_weights()
    return PeftModel.from_pretrained(model, folder / "adapter", is_trainable=trainable)


def learning_rate(run, step):
    warmup, total = run["warmupSteps"], run["steps"]
    if step < warmup:
        return run["learningRate"] * step / warmup
    progress = (step - warmup) / max(1, total - warmup)
    return run["learningRate"] * 0.5 * (1 + math.cos(math.pi * progress))


def record(folder, case):
    run = case["run"]
    model = load_model(folder, case, trainable=True)
    model.train()
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1.0, weight_decay=run["weightDecay"])
    losses, norms = [], []
    for step in range(run["steps"]):
        tokens = torch.tensor([case["rows"][step % len(case["rows"])]])
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(run, step)
        loss = model(input_ids=tokens, labels=tokens).loss
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(trained, run["maxGradNorm"]).item())
        losses.append(loss.item())
        optimizer.step()
        optimizer.zero_grad()
    model.save_pretrained(folder / "trained")
    print(json.dumps({"losses": losses, "gradNorms": norms}))


def logits(folder, case):
    model = load_model(folder, case, trainable=False).eval()
    with torch.no_grad():
        rows = [model(input_ids=torch.tensor([row])).logits[0] for row in case["rows"]]
    save_file({str(i): row.contiguous() for i, row in enumerate(rows)}, folder / "logits.safetensors")


if __name__ == "__main__":
    torch.manual_seed(0)
    case_folder = Path(sys.argv[2])
    {"record": record, "logits": logits}[sys.argv[1]](
        case_folder, json.loads((case_folder / "case.json").read_text())
    )
