# C from deps/proto at build time: the object library pyrite_proto, whose headers are found as <profile.pb-c.h>.
find_program(PROTOC_C protoc-c)
if(NOT PROTOC_C)
  message(FATAL_ERROR "protoc-c is missing: apt-get install protobuf-c-compiler")
endif()
set(PYRITE_PROTO_DIR ${PROJECT_BINARY_DIR}/proto)
file(MAKE_DIRECTORY ${PYRITE_PROTO_DIR})
set(PYRITE_PROTO_SOURCES "")
foreach(name profile)
  add_custom_command(
    OUTPUT ${PYRITE_PROTO_DIR}/${name}.pb-c.c ${PYRITE_PROTO_DIR}/${name}.pb-c.h
    COMMAND ${PROTOC_C} --c_out=${PYRITE_PROTO_DIR} --proto_path=${PROJECT_SOURCE_DIR}/deps/proto ${name}.proto
    DEPENDS ${PROJECT_SOURCE_DIR}/deps/proto/${name}.proto
    VERBATIM)
  list(APPEND PYRITE_PROTO_SOURCES ${PYRITE_PROTO_DIR}/${name}.pb-c.c)
endforeach()
add_library(pyrite_proto OBJECT ${PYRITE_PROTO_SOURCES})
target_include_directories(pyrite_proto SYSTEM PUBLIC ${PYRITE_PROTO_DIR})
target_link_libraries(pyrite_proto PUBLIC PkgConfig::PROTOBUFC)
target_compile_options(pyrite_proto PRIVATE -w -fno-omit-frame-pointer -fvisibility=hidden)
