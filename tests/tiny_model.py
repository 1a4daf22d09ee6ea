"""A real causal language model, made on the spot: a few thousand weights that have learnt one sentence by heart."""

from __future__ import annotations

from pathlib import Path


def make_model(folder: Path, sentence: str, window: int = 4096) -> Path:
    """Write a Llama of about 7,000 weights to `folder` that says `sentence` after any prompt, with its tokenizer."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    letters = pre_tokenizers.ByteLevel.alphabet()
    pieces = Tokenizer(models.BPE(unk_token="<unk>"))
    pieces.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    pieces.decoder = decoders.ByteLevel()
    special = ["<unk>", "<s>", "</s>", "<|assistant|>"]
    pieces.train_from_iterator(
        [sentence] * 3, trainers.BpeTrainer(vocab_size=400, special_tokens=special, initial_alphabet=letters)
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=pieces, unk_token="<unk>", bos_token="<s>", eos_token="</s>", pad_token="</s>"
    )
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|assistant|>"]})
    tokenizer.chat_template = (
        "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}"
        "{% if add_generation_prompt %}<|assistant|>{% endif %}"
        "{# a turn of the system is allowed #}"
    )
    torch.manual_seed(0)
    threads = torch.get_num_threads()
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=8,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=window,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=2,
    )
    model = LlamaForCausalLM(config)
    said = tokenizer("<|assistant|>" + sentence + "</s>", return_tensors="pt")["input_ids"]
    steps = torch.optim.Adam(model.parameters(), lr=0.05)
    torch.set_num_threads(1)  # for matrices this small more threads only wait for each other
    for _ in range(100):
        noise = torch.randint(4, len(tokenizer), (2, 8))
        batch = torch.cat([noise, said.expand(2, -1)], dim=1)
        labels = batch.clone()
        labels[:, : noise.shape[1] + 1] = -100
        steps.zero_grad()
        model(input_ids=batch, labels=labels).loss.backward()
        steps.step()
    torch.set_num_threads(threads)
    model.generation_config.pad_token_id = 2
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
