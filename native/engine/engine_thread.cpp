#include "engine/engine_thread.h"

#include <algorithm>
#include <cstdlib>
#include <future>

namespace lorikeet::engine {
namespace {

// The threads of the process that still run, so that none computes while the process ends.
class RunningThreads {
 public:
  static RunningThreads& Get() {
    // Never destroyed: threads may outlive static objects.
    static RunningThreads* instance = new RunningThreads;
    return *instance;
  }
  void Add(const std::shared_ptr<EngineThread>& thread) {
    std::lock_guard lock(mutex_);
    std::erase_if(threads_, [](const auto& weak) { return weak.expired(); });
    threads_.push_back(thread);
  }
  void StopAll() {
    std::vector<std::weak_ptr<EngineThread>> threads;
    {
      std::lock_guard lock(mutex_);
      threads = threads_;
    }
    for (const auto& weak : threads) {
      if (auto thread = weak.lock()) thread->Stop();
    }
  }

 private:
  RunningThreads() {
    std::atexit([] { Get().StopAll(); });
  }
  std::mutex mutex_;
  std::vector<std::weak_ptr<EngineThread>> threads_;
};

}  // namespace

std::shared_ptr<EngineThread> EngineThread::Start() {
  std::shared_ptr<EngineThread> engine(new EngineThread);
  // The thread keeps its object alive: the last owner may let go on the thread itself.
  engine->thread_ = std::thread([engine] { engine->Loop(); });
  RunningThreads::Get().Add(engine);
  return engine;
}

EngineThread::~EngineThread() {
  if (thread_.joinable()) thread_.detach();
}

bool EngineThread::Post(std::function<void()> command) {
  {
    std::lock_guard lock(mutex_);
    if (ended_) return false;
    commands_.push_back(std::move(command));
  }
  wake_.notify_one();
  return true;
}

bool EngineThread::Run(const std::function<void()>& command) {
  if (IsCurrent()) {
    command();
    return true;
  }
  std::promise<void> done;
  const bool posted = Post([&] {
    try {
      command();
      done.set_value();
    } catch (...) {
      done.set_exception(std::current_exception());
    }
  });
  if (posted) done.get_future().get();
  return posted;
}

void EngineThread::Add(std::shared_ptr<Stepper> stepper) {
  steppers_.push_back(std::move(stepper));
}

void EngineThread::Remove(const Stepper* stepper) {
  std::erase_if(steppers_, [&](const auto& one) { return one.get() == stepper; });
}

void EngineThread::ReleaseAdapter(const Adapter* adapter) {
  for (const auto& stepper : steppers_) stepper->ReleaseAdapter(adapter);
}

void EngineThread::Stop() {
  {
    // Not between the thread's look at it and its falling asleep, or it would sleep for ever.
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (IsCurrent()) return;
  std::lock_guard lock(join_mutex_);
  if (thread_.joinable()) thread_.join();
}

void EngineThread::Loop() {
  id_ = std::this_thread::get_id();
  while (!stopping_) {
    RunCommands();
    if (!StepNext()) WaitForCommand();
  }
  for (const auto& stepper : steppers_) stepper->Shutdown();
  steppers_.clear();
  while (RunCommands()) {
  }
}

// False: there was none, and while the thread ends none is taken any more.
bool EngineThread::RunCommands() {
  std::deque<std::function<void()>> commands;
  {
    std::lock_guard lock(mutex_);
    commands.swap(commands_);
    if (commands.empty()) {
      ended_ = stopping_;
      return false;
    }
  }
  for (auto& command : commands) {
    command();
    command = nullptr;
  }
  return true;
}

// One step of the first stepper in turn that has something to do.
bool EngineThread::StepNext() {
  for (size_t i = 0; i < steppers_.size(); i++) {
    turn_ = (turn_ + 1) % steppers_.size();
    const std::shared_ptr<Stepper> stepper = steppers_[turn_];
    if (stepper->Step()) return true;
  }
  return false;
}

void EngineThread::WaitForCommand() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [&] { return !commands_.empty() || stopping_; });
}

}  // namespace lorikeet::engine
