# One LoRA training step by PEFT in bfloat16, timed: python peft-step.py TOKENS ANSWERS STEPS THREADS
# Random weights in the shape of Gemma 3 270M, rank 16, all linear layers. Prints one line of JSON.
import json, resource, sys, time
import torch
from peft import LoraConfig, get_peft_model
from transformers import Gemma3ForCausalLM, Gemma3TextConfig

tokens, answers, steps, threads = (int(value) for value in sys.argv[1:5])
torch.set_num_threads(threads)
config = Gemma3TextConfig(
    vocab_size=262144, hidden_size=640, intermediate_size=2048, num_hidden_layers=18,
    num_attention_heads=4, num_key_value_heads=1, head_dim=256, sliding_window=512,
    query_pre_attn_scalar=256)
model = Gemma3ForCausalLM(config).to(torch.bfloat16)
model = get_peft_model(model, LoraConfig(
    r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM"))
trained = [p for p in model.parameters() if p.requires_grad]
optimizer = torch.optim.AdamW(trained, lr=1e-4)
ids = torch.randint(1000, 200000, (1, tokens))
labels = ids.clone()
labels[:, : tokens - answers] = -100
model.train()
best = cpu = float("inf")
for _ in range(steps):
    start, cpu_start = time.time(), time.process_time()
    model(input_ids=ids, labels=labels).loss.backward()
    torch.nn.utils.clip_grad_norm_(trained, 1.0)
    optimizer.step()
    optimizer.zero_grad()
    best = min(best, time.time() - start)
    cpu = min(cpu, time.process_time() - cpu_start)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"tokens_per_second": tokens / best, "cpu_seconds": cpu, "peak_mib": peak}))
