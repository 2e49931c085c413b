# Included where the project of llama.cpp begins. llama-cpp-python has it build the helpers of its command line, and
# keeps none of them: without them, and without what reads pictures, the build takes less than half as long.
set(LLAMA_BUILD_COMMON OFF)
