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
from transformers import Gemma2Config, Gemma2ForCausalLM, Gemma3ForCausalLM, Gemma3TextConfig

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
        query_pre_attn_scalar=sizes["headLength"],
        sliding_window=sizes["slidingWindow"],
        max_position_embeddings=sizes["contextLength"],
        rms_norm_eps=1e-6,
        layer_types=kinds,
        attn_implementation="eager",
    )
    if sizes["architecture"] == "gemma2":
        rope = {"rope_type": "default", "rope_theta": 10000.0}
        return Gemma2ForCausalLM(Gemma2Config(rope_parameters=rope, **common))
    rope = {
        "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0},
        "full_attention": {"rope_type": "default", "rope_theta": 1000000.0},
    }
    return Gemma3ForCausalLM(Gemma3TextConfig(rope_parameters=rope, **common))


def hugging_face_name(name):
    if name == "token_embd.weight":
        return "model.embed_tokens.weight"
    if name == "output_norm.weight":
        return "model.norm.weight"
    _, layer, weight, _ = name.split(".")
    return f"model.layers.{layer}.{LAYER_NAMES[weight]}.weight"


def load_model(folder, case, trainable):
    model = new_base(case).float()
    state = {}
    for name, values in load_file(folder / "base.safetensors").items():
        # Gemma's norms multiply by 1 + weight; GGUF files hold the sum.
        state[hugging_face_name(name)] = values - 1 if values.dim() == 1 else values
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
