# Included where the project of llama.cpp begins. llama-cpp-python has it build the helpers of its command line, and
# keeps none of them: without them, and without what reads pictures, the build takes less than half as long.
set(LLAMA_BUILD_COMMON OFF)

# On x86-64 rows of weights are computed by llama_rows.cpp: ggml's functions are compiled under other names, and it has
# theirs. A llama.cpp whose file has another name is built as it is; tests tell where a function has another one.
set(ZHIWEN_ROWS ${CMAKE_CURRENT_LIST_DIR}/llama_rows.cpp)

# Of a product with one token, which is all of writing, ggml gives a thread 64 rows at a time. Memory is read faster in
# longer runs (docs/load.md). With so many, the largest products still have several runs for each of two threads; where
# there would be fewer than four, ggml gives each thread its share in one.
set(ZHIWEN_RUN 512)

function(zhiwen_add_rows)
    if(NOT TARGET ggml-cpu)
        return()
    endif()
    get_target_property(sources ggml-cpu SOURCES)
    list(FILTER sources INCLUDE REGEX "arch/x86/quants\\.c$")
    if(NOT sources)
        return()
    endif()
    get_target_property(folder ggml-cpu SOURCE_DIR)
    target_sources(ggml-cpu PRIVATE ${ZHIWEN_ROWS})
    foreach(name ggml_vec_dot_q4_K_q8_K ggml_vec_dot_q6_K_q8_K quantize_row_q8_K)
        set_property(
            SOURCE ${folder}/${sources} TARGET_DIRECTORY ggml-cpu
            APPEND PROPERTY COMPILE_DEFINITIONS ${name}=${name}_of_ggml
        )
    endforeach()
    message(STATUS "Zhiwen: rows of weights are computed by ${ZHIWEN_ROWS}")
    zhiwen_lengthen_runs(${folder})
endfunction()

# The number stands in the middle of ggml-cpu.c, so that a copy with another one is built.
function(zhiwen_lengthen_runs folder)
    get_target_property(sources ggml-cpu SOURCES)
    set(given ${sources})
    list(FILTER given INCLUDE REGEX "ggml-cpu/ggml-cpu\\.c$")
    if(NOT given)
        return()
    endif()
    file(READ ${folder}/${given} code)
    string(REPLACE "chunk_size = 64;" "chunk_size = ${ZHIWEN_RUN};" longer "${code}")
    if(longer STREQUAL code)
        return()
    endif()
    set(copy ${CMAKE_CURRENT_BINARY_DIR}/zhiwen-ggml-cpu.c)
    file(WRITE ${copy} "${longer}")
    list(REMOVE_ITEM sources ${given})
    set_target_properties(ggml-cpu PROPERTIES SOURCES "${sources};${copy}")
    target_include_directories(ggml-cpu PRIVATE ${folder}/ggml-cpu)
    set_property(
        SOURCE ${ZHIWEN_ROWS} TARGET_DIRECTORY ggml-cpu
        APPEND PROPERTY COMPILE_DEFINITIONS ZHIWEN_RUN=${ZHIWEN_RUN}
    )
    message(STATUS "Zhiwen: threads compute ${ZHIWEN_RUN} rows in a run")
endfunction()

cmake_language(DEFER DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} CALL zhiwen_add_rows)
